import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestDatabase } from '../support/test-database.js';
import { eventually } from '../support/eventually.js';
import type { MaintenanceApp, MaintenanceAppOptions } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { insertDueRows } from './host-tables.js';

const ROWS = 120;
const STATEMENT_TIMEOUT_MS = 400;
const MS_PER_ROW = 20;
const ONLY = { only: ['refresh_tokens'] } as const;
const LOCK = 4712;

describe("a host's deferred trigger in a cleanup", () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('alter table refresh_tokens set (fillfactor = 10)');
  });
  beforeEach(() => database.query('create schema host'));
  afterEach(async () => {
    await app.close();
    await database.query('drop schema host cascade');
    await database.query('truncate refresh_tokens');
  });

  const boot = async (options: MaintenanceAppOptions['options']): Promise<void> => {
    app = await maintenanceApp(database.url, { options });
  };
  const rowsLeft = async (): Promise<number> => (await database.query('select 1 from refresh_tokens')).length;

  it('is ended by the time-out with its batch, which is smaller the next time', async () => {
    await database.query('create table host.done (transaction xid8)');
    await onEachDeletion(
      database,
      `perform pg_sleep(${MS_PER_ROW / 1_000}); insert into host.done values (pg_current_xact_id())`,
    );
    await insertDueRows(database, 'refresh_tokens', ROWS);
    await boot({ cleanup: { statementTimeoutMs: STATEMENT_TIMEOUT_MS } });
    const report = await app.maintenance.cleanup(ONLY);
    const batches = await database.query<{ rows: number }>(
      'select count(*)::int as rows from host.done group by transaction',
    );
    expect(report).toMatchObject({ status: 'succeeded', rows: ROWS });
    expect(Math.max(...batches.map(({ rows }) => rows))).toBeLessThanOrEqual(STATEMENT_TIMEOUT_MS / MS_PER_ROW);
    expect(await rowsLeft()).toBe(0);
  });

  it('fails the target, rather than have the run wait, when one row takes longer than the time-out', async () => {
    await onEachDeletion(database, 'perform pg_sleep(20)');
    await insertDueRows(database, 'refresh_tokens', 1);
    await boot({ cleanup: { statementTimeoutMs: STATEMENT_TIMEOUT_MS } });
    expect(await app.maintenance.cleanup(ONLY)).toMatchObject({
      status: 'failed',
      rows: 0,
      targets: [{ error: { code: 'STATEMENT_TIMEOUT' } }],
    });
    expect(await rowsLeft()).toBe(1);
  });

  describe('that waits for somebody', () => {
    beforeEach(async () => {
      // No lock time-out leaves the end to the statement's.
      await onEachDeletion(database, `perform pg_advisory_xact_lock_shared(${LOCK})`, 'set lock_timeout = 0');
      await insertDueRows(database, 'refresh_tokens', 1);
      const holder = await database.connect();
      await holder.query('select pg_advisory_lock($1)', [LOCK]);
    });
    // A failed test's run must not outlive it.
    afterEach(() => database.query(`select pg_terminate_backend(pid) from pg_locks where ${ON_LOCK} and granted`));

    const someoneWaits = (): Promise<boolean> =>
      eventually(
        async () => (await database.query(`select 1 from pg_locks where ${ON_LOCK} and not granted`)).length > 0,
      );

    it('is ended by the time-out after the run was told to stop', async () => {
      // The patience of a shutdown would cancel it too.
      await boot({ shutdownTimeoutMs: 600_000, cleanup: { statementTimeoutMs: 2_000 } });
      const controller = new AbortController();
      const running = app.maintenance.cleanup({ ...ONLY, signal: controller.signal });
      await someoneWaits();
      controller.abort();
      expect(await running).toMatchObject({ status: 'stopped', rows: 0 });
      expect(await rowsLeft()).toBe(1);
    });

    it('is cancelled by a shutdown that it would outlast', async () => {
      await boot({ leaseSeconds: 120, shutdownTimeoutMs: 2_000, cleanup: { statementTimeoutMs: 30_000 } });
      const running = app.maintenance.cleanup(ONLY);
      await someoneWaits();
      await app.close();
      await running;
      expect((await recordedRuns(database)).at(-1)).toMatchObject({ status: 'stopped', report: { rows: 0 } });
      expect(await rowsLeft()).toBe(1);
    });
  });
});

const ON_LOCK = `locktype = 'advisory' and objid = ${LOCK} and database = (select oid from pg_database where datname = current_database())`;

/** Has the server do something for each deleted refresh token when the transaction ends. */
async function onEachDeletion(database: TestDatabase, statements: string, attributes = ''): Promise<void> {
  await database.query(`
    create function host.act() returns trigger language plpgsql ${attributes} as $$
    begin
      ${statements};
      return null;
    end $$`);
  await database.query(`
    create constraint trigger act after delete on refresh_tokens deferrable initially deferred
    for each row execute function host.act()`);
}
