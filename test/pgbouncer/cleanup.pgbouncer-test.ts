import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import type { PgBouncer } from './pgbouncer.js';
import { startPgBouncer } from './pgbouncer.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';

describe('cleanup through a transaction-pooling PgBouncer', () => {
  const database = useTestDatabase();
  let pool: PgBouncer;
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    pool = await startPgBouncer(database.url, 2);
    app = await maintenanceApp(pool.url, { runAt: RUN_AT });
  });
  afterAll(async () => {
    await app.close();
    await pool.stop();
  });
  beforeEach(async () => {
    await database.query('truncate audit_logs, refresh_tokens');
    await database.query(`insert into audit_logs (action, user_agent, details, created_at)
      select 'login', repeat('x', 200), '{}', timestamptz '${RUN_AT}' - n * interval '1 hour' from generate_series(0, 39999) as n`);
    await database.query(`insert into refresh_tokens
      (token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
      select n::text, '', false, case when n % 2 = 0 then '2001-01-01' else 'infinity' end::timestamptz, now(), now(), 1, 1
      from generate_series(1, 20000) as n`);
    await database.query('vacuum analyze audit_logs');
  });

  /** Another client of the same pool, which takes turns on the server connections while the cleanup runs. */
  async function neighbour(signal: AbortSignal): Promise<Set<string>> {
    const client = await database.connect(pool.url);
    const seen = new Set<string>();
    while (!signal.aborted) {
      const { rows } = await client.query<{ settings: string }>(
        `select concat_ws(' ', current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('enable_seqscan'),
           current_setting('synchronous_commit'), current_setting('timezone')) as settings`,
      );
      rows.forEach(({ settings }) => seen.add(settings));
    }
    return seen;
  }

  it('walks the heap and the index, and leaves no setting on a shared connection', async () => {
    const [defaults] = await database.query<{ settings: string }>(
      `select concat_ws(' ', current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('enable_seqscan'),
         current_setting('synchronous_commit'), current_setting('timezone')) as settings`,
    );
    const over = new AbortController();
    const neighbours = [neighbour(over.signal), neighbour(over.signal)];
    const counted = await app.maintenance.cleanup({ dryRun: true });
    const byIndex = await app.maintenance.cleanup({ only: ['audit_logs'], auditLogDays: 1660 });
    const byHeap = await app.maintenance.cleanup();
    over.abort();
    const seen = new Set((await Promise.all(neighbours)).flatMap((settings) => [...settings]));

    expect(counted).toMatchObject({ status: 'succeeded', rows: 10_000 + 40_000 - 8_761 });
    expect(byIndex.targets[0]).toMatchObject({ strategy: 'age-index', rows: 40_000 - 39_841 });
    expect(byHeap).toMatchObject({ status: 'succeeded', rows: 10_000 + 39_841 - 8_761 });
    expect([...seen]).toEqual([defaults?.settings]);
  });

  it('skips rows that another client holds', async () => {
    const other = await database.connect();
    await other.query('begin');
    await other.query('select 1 from refresh_tokens where id % 200 = 0 for update');
    const report = await app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await other.query('rollback');
    expect(report.targets[0]?.lockedRows).toBeGreaterThan(0);
    expect(report.rows + (report.targets[0]?.lockedRows ?? 0)).toBe(10_000);
    expect(await app.maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({
      rows: report.targets[0]?.lockedRows,
    });
  });
});
