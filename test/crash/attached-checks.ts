import { expect } from '@jest/globals';
import type { CleanupTargetReport } from '../../src/index.js';
import {
  descendants,
  goneBetween,
  isRefused,
  judge,
  mustStay,
  refusals,
  type Snapshot,
  type Verdict,
} from './attached-oracle.js';
import { type HostTable, isActing, rootOf, type World } from './attached-world.js';

/** What holds of any run, whatever happens beside it: nothing goes that may not, and others lose what they must and nothing else. */
export function checkSafety(
  world: World,
  start: Snapshot,
  end: Snapshot,
  acknowledged: ReadonlySet<string>,
  isAmidRun = false,
): void {
  const gone = goneBetween(start, end);
  const refused = refusedHeaps(world, acknowledged, isAmidRun);
  expect([...gone].filter((id) => refused.includes(start.rows.get(id)?.heap ?? ''))).toEqual([]);
  const verdicts = judge(world, start);
  const cascaded = new Set(
    world.self === 'cascade'
      ? [...gone]
          .filter((id) => verdicts.has(id))
          .flatMap((id) => [...descendants(id, start.rows)].filter((child) => child !== id))
      : [],
  );
  for (const id of gone) {
    const verdict = verdicts.get(id);
    const mayGo = (verdict !== undefined && !mustStay(verdict)) || cascaded.has(id);
    expect({ id, ...start.rows.get(id), ...verdict, mayGo }).toMatchObject({ mayGo: true });
  }
  for (const [id, { content, parent }] of end.rows) {
    const before = start.rows.get(id);
    const isOrphan = world.self !== undefined && before?.parent != null && gone.has(before.parent);
    expect({ id, content, parent }).toEqual({ id, content: before?.content, parent: isOrphan ? null : before?.parent });
  }
  for (const host of world.hosts) {
    checkHost(host, start, end, gone);
  }
}

/** The heaps from which nothing may go. What comes to be attached in mid-run is noticed on a heap that it acts on. */
function refusedHeaps(world: World, acknowledged: ReadonlySet<string>, isAmidRun: boolean): readonly string[] {
  const all = rootOf(world.parts).heaps;
  if (!isAmidRun || world.isSecured || world.isWithoutZone) {
    return refusals(world, acknowledged).length > 0 ? all : [];
  }
  return world.attached.flatMap((object) => (isRefused(object, acknowledged) ? object.heaps : []));
}

function checkHost(
  { name, action, columns, deeper }: HostTable,
  start: Snapshot,
  end: Snapshot,
  gone: ReadonlySet<number>,
): void {
  const before = start.hosts.get(name) ?? new Map<number, number | null>();
  const after = end.hosts.get(name) ?? new Map<number, number | null>();
  const expected = loss(action, before, gone);
  if (action === 'set default' && columns.length === 1) {
    // The default is none, or a row that stays.
    before.forEach(
      (to, id) =>
        to !== null &&
        gone.has(to) &&
        [null, 1_000].includes(after.get(id) ?? null) &&
        expected.set(id, after.get(id) ?? null),
    );
  }
  expect({ name, rows: after }).toEqual({ name, rows: expected });
  if (deeper !== undefined) {
    const goneHosts = new Set([...before.keys()].filter((id) => !after.has(id)));
    const rows = loss(deeper.action, start.hosts.get(deeper.name) ?? new Map<number, number | null>(), goneHosts);
    expect({ name: deeper.name, rows: end.hosts.get(deeper.name) }).toEqual({ name: deeper.name, rows });
  }
}

/** What is left of a table that refers once some rows have gone. */
function loss(
  action: HostTable['action'],
  rows: ReadonlyMap<number, number | null>,
  gone: ReadonlySet<number>,
): Map<number, number | null> {
  const left = new Map<number, number | null>();
  for (const [id, to] of rows) {
    const isHit = to !== null && gone.has(to);
    if (!isHit || action !== 'cascade') {
      left.set(id, isHit && isActing(action) ? null : to);
    }
  }
  return left;
}

/** The terms of a run. */
export interface Terms {
  readonly acknowledged: ReadonlySet<string>;
  readonly maxReferencedRows: number;
}

/** What a report says of its own counts: its status and code follow from them. */
export function checkStatus(
  worlds: readonly World[],
  report: CleanupTargetReport,
  { acknowledged, maxReferencedRows }: Terms,
): void {
  const { status, keptRows, referencedRows, error } = report;
  const expected = worlds.map((world) => {
    const hasUnknownKeeper = world.attached.some(
      ({ isKeeper, names }) => isKeeper && names.some((name) => !acknowledged.has(name)),
    );
    const codes = refusals(world, acknowledged);
    return codes.length > 0
      ? codes.map((code) => `failed ${code}`)
      : keptRows > 0 && hasUnknownKeeper
        ? ['failed ROWS_KEPT']
        : referencedRows > maxReferencedRows
          ? ['partial ROWS_REFERENCED']
          : ['succeeded '];
  });
  const told = { ...report, status: `${status} ${error?.code ?? ''}` };
  expect({ ...told, isExpected: expected.flat().includes(told.status), expected }).toMatchObject({ isExpected: true });
}

/** What holds of a run beside which nobody changes the table: every due row has gone or has a name. */
export function checkUndisturbed(
  world: World,
  report: CleanupTargetReport,
  start: Snapshot,
  end: Snapshot,
  terms: Terms,
): void {
  const gone = goneBetween(start, end);
  if (mayWaitInVain(world, start) && report.error?.code === 'LOCK_TIMEOUT') {
    return;
  }
  if (world.apart.length > 0 && isForKeyOfItsOwn(world, report)) {
    expect(report.rows).toBe(0);
    return;
  }
  checkStatus([world], report, terms);
  if (refusals(world, terms.acknowledged).length > 0) {
    expect(report).toMatchObject({ rows: 0, lockedRows: 0, referencedRows: 0, keptRows: 0 });
    return;
  }
  const verdicts = judge(world, start);
  const { rows, lockedRows, referencedRows, keptRows, referencedBy } = report;
  if (isActing(world.self)) {
    // A row that the table's own key took or emptied is counted nowhere, or as one that was changed meanwhile.
    expect(rows).toBeLessThanOrEqual(gone.size);
    return;
  }
  const count = (matches: (verdict: Verdict) => boolean): number => [...verdicts.values()].filter(matches).length;
  const counts = { rows, lockedRows, referencedRows, keptRows };
  expect({ ...counts, gone: gone.size, due: rows + lockedRows + referencedRows + keptRows }).toEqual({
    ...counts,
    gone: rows,
    due: verdicts.size,
  });
  const left = [...verdicts].filter(([id, verdict]) => !gone.has(id) && !mustStay(verdict) && !verdict.isOpen);
  expect(left).toEqual([]);
  expectWithin(
    lockedRows,
    count(({ isLocked, isKept, referencedBy: by }) => isLocked && !isKept && by.length === 0),
    count(({ isLocked }) => isLocked),
  );
  expectWithin(
    keptRows,
    count(({ isLocked, isKept, referencedBy: by }) => isKept && !isLocked && by.length === 0),
    count(({ isKept }) => isKept),
  );
  expectWithin(
    referencedRows,
    count(({ isLocked, isKept, referencedBy: by }) => by.length > 0 && !isLocked && !isKept),
    count(({ referencedBy: by, isOpen }) => by.length > 0 || isOpen),
  );
  const names = new Set(
    [...verdicts.values()].flatMap(({ referencedBy: by, isOpen }) => [...by, ...(isOpen ? [world.table] : [])]),
  );
  expect(referencedBy.filter((name) => !names.has(name))).toEqual([]);
}

function expectWithin(actual: number, least: number, most: number): void {
  expect(actual).toBeGreaterThanOrEqual(least);
  expect(actual).toBeLessThanOrEqual(most);
}

/** A rule takes no statement that skips held rows, and a key within the table waits for them: the target fails if they are held for long. */
function mayWaitInVain({ held, self, attached }: World, { rows }: Snapshot): boolean {
  return [...held].some((id) => {
    const { heap = '' } = rows.get(id) ?? {};
    return self !== undefined || attached.some(({ isRule, heaps }) => isRule && heaps.includes(heap));
  });
}

/** A partition that is detached keeps a key of its own, which has the name of the table's: whose is meant is to be said. */
function isForKeyOfItsOwn({ self }: World, { error }: CleanupTargetReport): boolean {
  return isActing(self) && error?.code === 'NOT_ACKNOWLEDGED';
}

/**
 * What holds of a run beside which somebody changed the table: what the table was and what it came to be judge the status, what went is
 * counted, and what is left has a name where the report does not say that it failed.
 */
export function checkDisturbed(
  worlds: readonly [World, World],
  report: CleanupTargetReport,
  gone: number,
  end: Snapshot,
  terms: Terms,
): void {
  if (!isForKeyOfItsOwn(worlds[0], report)) {
    checkStatus(worlds, report, terms);
  }
  const { status, rows, lockedRows, referencedRows, keptRows } = report;
  if (isActing(worlds[0].self)) {
    expect(rows).toBeLessThanOrEqual(gone);
    return;
  }
  expect(rows).toBe(gone);
  if (status !== 'failed') {
    // Rows that came to be written in mid-run belong to the next one.
    const left = [...end.rows].filter(([id, { isDue, isOfTarget }]) => isDue && isOfTarget && id !== 6_000).length;
    expect(left).toBeLessThanOrEqual(lockedRows + referencedRows + keptRows);
  }
}
