import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { BATCH_OPENING } from '../../src/batches/batch-opening.js';
import type { CleanupReport, CleanupTargetReport } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';
import { changeTable } from './attached-changes.js';
import { checkDisturbed, checkSafety, checkUndisturbed, type Terms } from './attached-checks.js';
import { goneBetween, look, refusals, type Snapshot } from './attached-oracle.js';
import { type Round, round } from './attached-plan.js';
import { build, clear } from './attached-tables.js';
import { RETENTION, RUN_AT, type World } from './attached-world.js';
import { countOf, SEED } from './random-choices.js';

const GATE = 4713;
const FULL_LENGTH_TIMEOUT_MS = 900_000;

/**
 * Each round builds one or two tables at random, with what may be attached to them, cleans them twice, and judges every row by an oracle
 * that knows the plan and the database and nothing of the code. Beside a run that somebody disturbs, these alone are let pass:
 *
 * - a target of which somebody holds rows may fail with `LOCK_TIMEOUT` where a rule or a key within the table makes the run wait for them;
 * - what comes to be attached in mid-run is noticed on the heaps that it acts on, and rows of others may go until then;
 * - after a change the target is looked at anew, and rows that stay may be counted once more;
 * - rows that are written in mid-run are left to the next one.
 */
describe('cleanup of tables that others have attached something to, against an independent oracle', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let other: pg.Client;
  let app: MaintenanceApp | undefined;

  beforeAll(async () => {
    other = await database.connect();
    await other.query(`set timezone = 'UTC'; set lock_timeout = '300ms'`);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const query = async <Row extends object>(sql: string): Promise<Row[]> => (await other.query(sql)).rows as Row[];

  const grant = async ({ isOtherRole, mayReadHosts }: Round, worlds: readonly World[]): Promise<void> => {
    if (isOtherRole) {
      const tables = worlds.flatMap(({ parts }) => parts.map(({ name }) => name));
      await other.query(`grant usage on schema app to ${role.name}; grant insert on app.log to ${role.name};
        grant select, update, delete on ${tables.join(', ')} to ${role.name};
        ${mayReadHosts ? `grant select on all tables in schema app to ${role.name}` : ''}`);
    }
  };

  /** Halts the so manieth batch before it touches the table, as long as somebody holds the gate. */
  const buildGate = async ({ disturbance }: Round): Promise<void> => {
    const atBatch = disturbance.kind === 'change' ? disturbance.atBatch : 0;
    await other.query(`create sequence app.batches;
      create function app.batch_begins() returns void language plpgsql security definer set lock_timeout = '60s' as $$
      begin
        if nextval('app.batches') = ${atBatch} then perform pg_advisory_xact_lock_shared(${GATE}); end if;
      end $$;
      grant usage on schema app to public`);
  };

  const isAtGate = async (): Promise<boolean> => {
    const waiting = await query(`select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted
      and database = (select oid from pg_database where datname = current_database())`);
    return waiting.length > 0;
  };

  /** A world as it went on: what it was and held before the change, and what after it. */
  interface Course {
    readonly before: World;
    readonly start: Snapshot;
    readonly change?: { readonly at: Snapshot; readonly world: World; readonly from: Snapshot };
  }

  const lookAt = async (worlds: readonly World[]): Promise<Course[]> => {
    const courses: Course[] = [];
    for (const before of worlds) {
      courses.push({ before, start: await look(query, before) });
    }
    return courses;
  };

  const held = async (choice: Round, worlds: readonly World[]): Promise<World[]> => {
    const { disturbance, disturbed } = choice;
    if (disturbance.kind !== 'hold') {
      return [...worlds];
    }
    return Promise.all(
      worlds.map(async (world, index) => {
        if (index !== disturbed % worlds.length) {
          return world;
        }
        await other.query('begin');
        const { rows } = await other.query<{ id: number }>(
          `select id from ${world.table} where id = any ($1) ${disturbance.mode}`,
          [disturbance.rows],
        );
        return { ...world, held: new Set(rows.map(({ id }) => id)) };
      }),
    );
  };

  /** Runs the cleanup, and changes a table when the batch chosen for it begins, if there is one. */
  const runBeside = async (
    choice: Round,
    courses: readonly Course[],
    run: () => Promise<CleanupReport>,
  ): Promise<readonly [CleanupReport, readonly Course[]]> => {
    const { disturbance, disturbed } = choice;
    if (disturbance.kind !== 'change') {
      return [await run(), courses];
    }
    await other.query('select pg_advisory_lock($1)', [GATE]);
    try {
      let isOver = false;
      const running = run().finally(() => {
        isOver = true;
      });
      running.catch(() => undefined);
      await eventually(async () => isOver || (await isAtGate()));
      const changed: Course[] = [];
      for (const [index, course] of courses.entries()) {
        changed.push(isOver || index !== disturbed % courses.length ? course : await change(choice, course));
      }
      await other.query('select pg_advisory_unlock_all()');
      return [await running, changed];
    } finally {
      await other.query('select pg_advisory_unlock_all()');
    }
  };

  const change = async (choice: Round, course: Course): Promise<Course> => {
    if (choice.disturbance.kind !== 'change') {
      return course;
    }
    const at = await look(query, course.before);
    const world = await changeTable(other, course.before, choice.disturbance);
    if (world === undefined) {
      return course;
    }
    await grant(choice, [world]);
    return { ...course, change: { at, world, from: await look(query, world) } };
  };

  /** Every trigger that writes a log has written each row that went, once. */
  const checkLog = async ({ attached }: World, start: Snapshot, end: Snapshot): Promise<void> => {
    const gone = [...goneBetween(start, end)];
    for (const { logsAs, heaps } of attached) {
      if (logsAs !== undefined) {
        const logged = await query<{ id: number }>(`select id from app.log where "trigger" = '${logsAs}' order by id`);
        const expected = gone.filter((id) => heaps.includes(start.rows.get(id)?.heap ?? '')).sort((a, b) => a - b);
        expect({ logsAs, rows: logged.map(({ id }) => id) }).toEqual({ logsAs, rows: expected });
      }
    }
  };

  const checkDryRun = ({ before, start }: Course, report: CleanupTargetReport, { acknowledged }: Terms): void => {
    const codes = refusals(before, acknowledged);
    const due = [...start.rows.values()].filter(({ isDue }) => isDue).length;
    if (codes.length > 0) {
      expect(report).toMatchObject({ status: 'failed', rows: 0 });
      expect(codes).toContain(report.error?.code);
    } else {
      expect(report).toMatchObject({ status: 'succeeded', rows: due });
    }
  };

  const checkRun = async (course: Course, report: CleanupTargetReport, terms: Terms): Promise<void> => {
    const { before, start, change: changed } = course;
    const end = await look(query, changed?.world ?? before);
    if (changed === undefined) {
      checkSafety(before, start, end, terms.acknowledged);
      checkUndisturbed(before, report, start, end, terms);
      await checkLog(before, start, end);
      return;
    }
    checkSafety(before, start, changed.at, terms.acknowledged);
    checkSafety(changed.world, changed.from, end, terms.acknowledged, true);
    const gone = goneBetween(start, changed.at).size + goneBetween(changed.from, end).size;
    checkDisturbed([before, changed.world], report, gone, end, terms);
  };

  const checkReport = ({ status, rows, targets }: CleanupReport): void => {
    const statuses = new Set(targets.map((target) => target.status));
    const [only] = statuses;
    expect(status).toBe(statuses.size === 1 ? only : 'partial');
    expect(rows).toBe(targets.reduce((sum, target) => sum + target.rows, 0));
  };

  const play = async (choice: Round): Promise<void> => {
    await clear((sql) => other.query(sql));
    const worlds: World[] = [];
    for (const plan of choice.tables) {
      worlds.push(await build(other, plan, choice));
    }
    await buildGate(choice);
    await grant(choice, worlds);
    const { acknowledge, maxReferencedRows } = choice;
    const names = [...new Set(worlds.flatMap(({ attached }) => attached.flatMap((object) => object.names)))];
    const isChosen = (index: number): boolean =>
      acknowledge === 'all' || (acknowledge !== 'none' && (acknowledge & (1 << (index % 8))) !== 0);
    const acknowledged = new Set(names.filter((_, index) => isChosen(index)));
    const terms = { acknowledged, maxReferencedRows };
    app = await maintenanceApp(choice.isOtherRole ? role.url : database.url, {
      runAt: RUN_AT,
      options: {
        retention: RETENTION,
        cleanup: { acknowledge: [...acknowledged], maxReferencedRows, lockTimeoutMs: 200, maxConnections: 1 },
      },
      configure: (builder) => builder.overrideProvider(BATCH_OPENING).useValue(['select app.batch_begins()']),
    });
    const { maintenance } = app;
    const only = choice.tables.map(({ target }) => target);
    try {
      const before = await lookAt(worlds);
      const counted = await maintenance.cleanup({ only, dryRun: true });
      each(before, counted, (course, report) => checkDryRun(course, report, terms));

      const courses = before.map((course) => course);
      const worldsHeld = await held(choice, worlds);
      const [first, went] = await runBeside(
        choice,
        courses.map((course, index) => ({ ...course, before: worldsHeld[index] ?? course.before })),
        () => maintenance.cleanup({ only }),
      );
      checkReport(first);
      for (const [index, course] of went.entries()) {
        await checkRun(course, reportOf(first, index), terms);
      }
      await other.query('rollback');

      await other.query('truncate app.log');
      const again = await lookAt(
        went.map(({ before: world, change: changed }) => ({ ...(changed?.world ?? world), held: new Set<number>() })),
      );
      const second = await maintenance.cleanup({ only });
      checkReport(second);
      for (const [index, course] of again.entries()) {
        await checkRun(course, reportOf(second, index), terms);
      }
    } finally {
      await other.query('rollback');
      await app.close();
      app = undefined;
    }
  };

  it(
    'lets go what may go, keeps what must stay, and names it',
    async () => {
      await fc.assert(fc.asyncProperty(round, play), {
        seed: SEED,
        numRuns: countOf({ sample: 25, full: 300 }),
        // The smaller choices would outlast the time-out.
        endOnFailure: true,
      });
    },
    FULL_LENGTH_TIMEOUT_MS,
  );
});

function reportOf({ targets }: CleanupReport, index: number): CleanupTargetReport {
  const report = targets[index];
  if (report === undefined) {
    throw new Error('a target has no report');
  }
  return report;
}

function each<Item>(
  items: readonly Item[],
  report: CleanupReport,
  check: (item: Item, target: CleanupTargetReport) => void,
): void {
  items.forEach((item, index) => check(item, reportOf(report, index)));
}
