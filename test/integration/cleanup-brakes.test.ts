import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/index.js';
import type { CleanupReport, CleanupSettings, CleanupTargetName, CleanupTargetReport } from '../../src/index.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp, MaintenanceAppOptions } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { StatementLog } from '../support/statement-log.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const LIVE = { expires_at: 'infinity' };
const only = (...names: CleanupTargetName[]): { only: CleanupTargetName[] } => ({ only: names });

describe('the brakes of a cleanup', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('truncate otp_codes, blacklisted_tokens, refresh_tokens');
    await database.query('truncate tenxyte_maintenance.runs');
  });
  afterEach(() => app.close());

  const boot = async (cleanup: CleanupSettings, setup: MaintenanceAppOptions = {}): Promise<void> => {
    app = await maintenanceApp(database.url, { ...setup, options: { cleanup } });
  };
  const rowsOf = async (table: string): Promise<number> =>
    Number((await database.query<{ count: string }>(`select count(*) from ${table}`))[0]?.count);
  const insert = async (table: string, due: number, live = 0): Promise<void> => {
    await insertRows(
      database,
      table,
      Array.from({ length: due + live }, (_, n) => (n < due ? EXPIRED : LIVE)),
    );
  };

  it('refuse a target of which more rows are due than allowed, delete nothing of it, and finish the others', async () => {
    await boot({ maxRowsPerTarget: 3 });
    await insert('otp_codes', 4, 1);
    await insert('blacklisted_tokens', 3);
    const report = await app.maintenance.cleanup(only('blacklisted_tokens', 'otp_codes'));
    expect(report.status).toBe('partial');
    expect(target(report, 'otp_codes')).toMatchObject({
      status: 'failed',
      rows: 0,
      batches: 0,
      error: {
        code: 'BRAKE_MAX_ROWS',
        message: expect.stringMatching(
          /^More than 3 rows are due, cleanup\.maxRowsPerTarget allows 3: nothing was deleted\. See with a dry run/,
        ),
      },
    });
    expect(target(report, 'blacklisted_tokens')).toMatchObject({ status: 'succeeded', rows: 3 });
    expect([await rowsOf('otp_codes'), await rowsOf('blacklisted_tokens')]).toEqual([5, 0]);
  });

  it('refuse a target of which a larger share is due than allowed, with the figures', async () => {
    await boot({ maxFractionPerTarget: 0.29 });
    await insert('otp_codes', 3, 7);
    const report = await app.maintenance.cleanup(only('otp_codes'));
    expect(report).toMatchObject({
      status: 'failed',
      targets: [
        {
          rows: 0,
          error: {
            code: 'BRAKE_MAX_FRACTION',
            message: expect.stringContaining(
              '3 of 10 rows (30 %) are due, cleanup.maxFractionPerTarget allows 0.29 (29 %)',
            ),
          },
        },
      ],
    });
    expect(await rowsOf('otp_codes')).toBe(10);
  });

  it('let exactly as much go as they allow', async () => {
    await boot({ maxRowsPerTarget: 3, maxFractionPerTarget: 0.3 });
    await insert('otp_codes', 3, 7);
    expect(await app.maintenance.cleanup(only('otp_codes'))).toMatchObject({ status: 'succeeded', rows: 3 });
  });

  it('say how many rows there are when both are set and there are too many', async () => {
    await boot({ maxRowsPerTarget: 2, maxFractionPerTarget: 0.9 });
    await insert('otp_codes', 5, 5);
    const [report] = (await app.maintenance.cleanup(only('otp_codes'))).targets;
    expect(report?.error?.code).toBe('BRAKE_MAX_ROWS');
    expect(report?.error?.message).toContain('5 of 10 rows (50 %) are due');
  });

  it.each([{ maxRowsPerTarget: 1 }, { maxFractionPerTarget: 0.1 }])('give way to force: %j', async (brakes) => {
    await boot(brakes);
    await insert('otp_codes', 4, 1);
    expect(await app.maintenance.cleanup({ ...only('otp_codes'), force: true })).toMatchObject({
      status: 'succeeded',
      rows: 4,
    });
  });

  it('hold for scheduled runs, which are recorded as what they were', async () => {
    await boot({ maxRowsPerTarget: 3 });
    await insert('otp_codes', 4);
    await insert('blacklisted_tokens', 1);
    await app.moduleRef.get(CleanupService).onTick();
    expect(await recordedRuns(database)).toMatchObject([{ status: 'partial', report: { rows: 1 } }]);
    expect(await rowsOf('otp_codes')).toBe(4);
  });

  it.each([
    [{ maxRowsPerTarget: 3 }, 'BRAKE_MAX_ROWS'],
    [{ maxFractionPerTarget: 0.5 }, 'BRAKE_MAX_FRACTION'],
  ] as const)('do not fail a dry run, which says that they would refuse: %j', async (brakes, brake) => {
    await boot(brakes);
    await insert('otp_codes', 4, 1);
    await insert('blacklisted_tokens', 1, 2);
    const request = { ...only('blacklisted_tokens', 'otp_codes'), dryRun: true };
    const report = await app.maintenance.cleanup(request);
    expect(report).toMatchObject({ status: 'succeeded', rows: 5 });
    expect(target(report, 'otp_codes')).toMatchObject({ status: 'succeeded', rows: 4, brake });
    expect(target(report, 'blacklisted_tokens')).not.toHaveProperty('brake');
    expect(target(await app.maintenance.cleanup({ ...request, force: true }), 'otp_codes')).not.toHaveProperty('brake');
  });

  it('take a partitioned table as a whole', async () => {
    await database.query('alter table login_attempts rename to login_attempts_before');
    await database.query(`create table login_attempts (id bigint, created_at timestamptz) partition by list (id)`);
    for (const id of [1, 2]) {
      await database.query(`create table login_attempts_${id} partition of login_attempts for values in (${id})`);
      await database.query(`insert into login_attempts select ${id}, '2001-01-01' from generate_series(1, 3)`);
      await database.query(`insert into login_attempts select ${id}, now() from generate_series(1, 2)`);
    }
    const reports: CleanupReport[] = [];
    for (const brakes of [{ maxRowsPerTarget: 5 }, { maxFractionPerTarget: 0.59 }, { maxFractionPerTarget: 0.6 }]) {
      await boot(brakes);
      reports.push(await app.maintenance.cleanup(only('login_attempts')));
      await app.close();
    }
    await boot({});
    await database.query('drop table login_attempts');
    await database.query('alter table login_attempts_before rename to login_attempts');
    expect(reports.map(({ rows, targets: [login] }) => [rows, login?.error?.code])).toEqual([
      [0, 'BRAKE_MAX_ROWS'],
      [0, 'BRAKE_MAX_FRACTION'],
      [6, undefined],
    ]);
  });

  it('end a deletion between two batches when more rows than allowed became due meanwhile', async () => {
    await boot({ maxRowsPerTarget: 5, maxConnections: 1 });
    await database.query('alter table otp_codes set (fillfactor = 40)');
    await database.query(`insert into otp_codes (code, otp_type, is_used, expires_at, created_at, attempts, max_attempts, user_id)
      select repeat('x', 60), 'login_2fa', false, 'infinity', now(), 0, 5, 1 from generate_series(1, 30000)`);
    const [first] = await database.query<{ id: string }>(
      `update otp_codes set is_used = true where ctid = '(0,1)' returning id`,
    );
    const gate = await gateBeforeDeleting(database, 'otp_codes', first?.id ?? '');
    const running = app.maintenance.cleanup(only('otp_codes', 'refresh_tokens'));
    await gate.reached();
    await database.query('update otp_codes set is_used = true where id <> $1', [first?.id]);
    await gate.open();
    const report = await running;
    await gate.remove();
    await database.query('alter table otp_codes reset (fillfactor)');

    const left = await rowsOf('otp_codes');
    const codes = target(report, 'otp_codes');
    expect(codes).toMatchObject({ status: 'failed', batches: 2, error: { code: 'BRAKE_MAX_ROWS' } });
    expect(codes?.error?.message).toContain(`${codes?.rows} rows are deleted, cleanup.maxRowsPerTarget allows 5`);
    expect(left).toBe(30_000 - (codes?.rows ?? 0));
    expect(left).toBeGreaterThan(10_000);
    expect(target(report, 'refresh_tokens')).toMatchObject({ status: 'succeeded' });
  });

  it('cost no statement when they are off, and count no further than needed when they are on', async () => {
    await insert('otp_codes', 4);
    const counts: string[][] = [];
    for (const brakes of [{}, { maxRowsPerTarget: 10 }, { maxFractionPerTarget: 1 }]) {
      const log = new StatementLog();
      await boot(brakes, { typeOrm: log.typeOrm });
      await app.maintenance.cleanup(only('otp_codes'));
      await app.close();
      counts.push(
        log.statements.filter((sql) => /count\(\*\).*"otp_codes"/s.test(sql)).map((sql) => sql.replace(/\s+/g, ' ')),
      );
    }
    await boot({});
    expect(counts).toEqual([[], [expect.stringContaining('limit $')], [expect.stringContaining('filter (where')]]);
  });

  it('need no second connection', async () => {
    await insert('otp_codes', 4);
    await boot({ maxRowsPerTarget: 4, maxFractionPerTarget: 1 }, { typeOrm: { extra: { max: 1 } } });
    expect(await app.maintenance.cleanup(only('otp_codes'))).toMatchObject({ status: 'succeeded', rows: 4 });
  });

  it('leave a table that is not there skipped, and one that may not be read failed', async () => {
    await boot({});
    await app.close();
    await database.query('alter table otp_codes rename to otp_codes_before');
    await insert('blacklisted_tokens', 1);
    app = await maintenanceApp(role.url, { options: { cleanup: { maxRowsPerTarget: 3 } } });
    const report = await app.maintenance.cleanup(only('otp_codes', 'blacklisted_tokens'));
    await database.query('alter table otp_codes_before rename to otp_codes');
    expect(target(report, 'otp_codes')).toMatchObject({ status: 'skipped', skipReason: 'table-not-found' });
    expect(target(report, 'blacklisted_tokens')).toMatchObject({
      status: 'failed',
      error: { code: 'PERMISSION_DENIED' },
    });
  });
});

function target(report: CleanupReport, name: string): CleanupTargetReport | undefined {
  return report.targets.find((candidate) => candidate.name === name);
}
