import { ageOf, type Attached, dueOf, type HostTable, isActing, type World } from './attached-world.js';

/** A row of a target's table, or of one that was part of it. */
interface Seen {
  readonly heap: string;
  readonly isDue: boolean;
  /** False in a table that is no part of the target any more. */
  readonly isOfTarget: boolean;
  readonly parent: number | null;
  readonly content: string;
}

/** What a table and those that refer to it hold. */
export interface Snapshot {
  readonly rows: ReadonlyMap<number, Seen>;
  /** Of each table that refers, by name: what each of its rows refers to. */
  readonly hosts: ReadonlyMap<string, ReadonlyMap<number, number | null>>;
}

/** Reads the database. */
type Query = <Row extends object>(sql: string) => Promise<Row[]>;

/** Looks at everything that a run might change. */
export async function look(query: Query, world: World): Promise<Snapshot> {
  const rows = new Map<number, Seen>();
  for (const table of [world.table, ...world.apart]) {
    const found = await query<Omit<Seen, 'isOfTarget'> & { id: number }>(
      `select row.id, namespace.nspname || '.' || class.relname as heap, ${dueOf(world)} as "isDue", row.parent,
              row.${ageOf(world)} || row.tag as content
       from ${table} as row
       join pg_class as class on class.oid = row.tableoid
       join pg_namespace as namespace on namespace.oid = class.relnamespace`,
    );
    found.forEach(({ id, ...seen }) => rows.set(id, { ...seen, isOfTarget: table === world.table }));
  }
  const hosts = new Map<string, ReadonlyMap<number, number | null>>();
  for (const { name, columns, deeper } of world.hosts) {
    const isWhole = columns.map((column) => `${column} is not null`).join(' and ');
    hosts.set(name, await references(query, name, `case when ${isWhole} then ref0 end`));
    if (deeper !== undefined) {
      hosts.set(deeper.name, await references(query, deeper.name, 'ref0'));
    }
  }
  return { rows, hosts };
}

async function references(query: Query, table: string, referred: string): Promise<ReadonlyMap<number, number | null>> {
  const rows = await query<{ id: number; referred: number | null }>(`select id, ${referred} as referred from ${table}`);
  return new Map(rows.map(({ id, referred: to }) => [id, to]));
}

/** By which names a due row must stay. */
export interface Verdict {
  readonly isLocked: boolean;
  readonly isKept: boolean;
  /** The tables that keep it from going, as they refer to it. */
  readonly referencedBy: readonly string[];
  /** True where only rows refer to it that may go before it, or with it: it goes, or stays as referenced. */
  readonly isOpen: boolean;
}

/** Says of each due row of the target by which names it must stay. */
export function judge(world: World, { rows, hosts }: Snapshot): ReadonlyMap<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  for (const [id, { heap, isDue, isOfTarget }] of rows) {
    if (isDue && isOfTarget) {
      const family = world.self === 'cascade' ? descendants(id, rows) : new Set([id]);
      verdicts.set(id, {
        isLocked: world.held.has(id),
        isKept: world.attached.some(({ heaps, keeps }) => heaps.includes(heap) && keeps(id)),
        referencedBy: world.hosts.flatMap((host) => [...family].flatMap((member) => keeping(host, hosts, member))),
        isOpen: false,
      });
    }
  }
  return world.self === undefined || isActing(world.self) ? verdicts : withinTable(world, rows, verdicts);
}

/** The names of the tables by which a row must stay. */
function keeping({ name, action, deeper }: HostTable, hosts: Snapshot['hosts'], id: number): readonly string[] {
  const referring = [...(hosts.get(name) ?? [])].filter(([, to]) => to === id).map(([host]) => host);
  if (referring.length > 0 && !isActing(action)) {
    return [name];
  }
  const isHeldDeeper =
    action === 'cascade' &&
    deeper !== undefined &&
    !isActing(deeper.action) &&
    [...(hosts.get(deeper.name)?.values() ?? [])].some((to) => to !== null && referring.includes(to));
  return isHeldDeeper ? [deeper.name] : [];
}

/** A row that a row of the same table refers to stays where that one does. */
function withinTable(
  { table }: World,
  rows: Snapshot['rows'],
  judged: ReadonlyMap<number, Verdict>,
): ReadonlyMap<number, Verdict> {
  const verdicts = new Map(judged);
  const stays = (id: number): boolean => {
    const verdict = verdicts.get(id);
    return verdict === undefined || mustStay(verdict);
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const [id, { parent }] of rows) {
      const verdict = parent === null ? undefined : verdicts.get(parent);
      if (parent === null || verdict === undefined) {
        continue;
      }
      const next = {
        ...verdict,
        isOpen: true,
        referencedBy:
          stays(id) && !verdict.referencedBy.includes(table) ? [...verdict.referencedBy, table] : verdict.referencedBy,
      };
      changed ||= next.referencedBy.length > verdict.referencedBy.length;
      verdicts.set(parent, next);
    }
  }
  return verdicts;
}

/** The row and all that refer to it, at any depth. */
export function descendants(id: number, rows: Snapshot['rows']): ReadonlySet<number> {
  const found = new Set([id]);
  let size = 0;
  while (size < found.size) {
    size = found.size;
    rows.forEach(({ parent }, child) => parent !== null && found.has(parent) && found.add(child));
  }
  return found;
}

export function mustStay({ isLocked, isKept, referencedBy }: Verdict): boolean {
  return isLocked || isKept || referencedBy.length > 0;
}

/** The codes with which a target is refused; empty when it is not. */
export function refusals(
  { attached, isSecured, isWithoutZone }: World,
  acknowledged: ReadonlySet<string>,
): readonly string[] {
  return [
    ...(isSecured ? ['ROW_SECURITY'] : []),
    ...(isWithoutZone ? ['COLUMN_TYPE'] : []),
    ...(attached.some((object) => isRefused(object, acknowledged)) ? ['NOT_ACKNOWLEDGED'] : []),
  ];
}

export function isRefused({ hasToBeAcknowledged, names }: Attached, acknowledged: ReadonlySet<string>): boolean {
  return hasToBeAcknowledged && names.some((name) => !acknowledged.has(name));
}

/** The rows that have gone. */
export function goneBetween(start: Snapshot, end: Snapshot): ReadonlySet<number> {
  return new Set([...start.rows.keys()].filter((id) => !end.rows.has(id)));
}
