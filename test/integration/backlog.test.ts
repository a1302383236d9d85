import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BacklogReport, TargetBacklog, TenxyteMaintenanceOptions } from '../../src/index.js';
import {
  CLEANUP_TARGET_NAMES,
  MaintenanceConfigError,
  OPT_IN_TARGET_NAMES,
  RetentionBoundsError,
  RetentionProviderError,
  TablesNotFoundError,
} from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows, tableOfTarget } from '../support/rows.js';
import { StatementLog } from '../support/statement-log.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const TWO_HOURS_AGO = '2026-03-01T01:00:00Z';
const AN_HOUR_AGO = '2026-03-01T02:00:00Z';

describe('the backlog', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query(`truncate ${CLEANUP_TARGET_NAMES.map(tableOfTarget).join(', ')}`);
  });
  afterEach(() => app.close());

  const boot = async (options: TenxyteMaintenanceOptions = {}, url = database.url): Promise<void> => {
    app = await maintenanceApp(url, { runAt: RUN_AT, options });
  };

  it('counts exactly what is due, each target by its own condition', async () => {
    await boot({ cleanup: { include: OPT_IN_TARGET_NAMES } });
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: AN_HOUR_AGO }, { expires_at: RUN_AT }, {}]);
    await insertRows(database, 'otp_codes', [{ is_used: true }, { expires_at: AN_HOUR_AGO }, { expires_at: RUN_AT }]);
    await insertRows(database, 'refresh_tokens', [{ is_revoked: true }, { expires_at: AN_HOUR_AGO }, {}, {}]);
    await insertRows(database, 'login_attempts', [
      { created_at: '2025-12-01T02:59:59Z' },
      { created_at: '2025-12-01T03:00:00Z' },
    ]);
    await insertRows(database, 'webauthn_challenges', [{ is_used: true }, {}]);
    await insertRows(database, 'tenxyte_maintenance.runs', [{ finished_at: '2025-12-01T02:59:59Z' }, {}]);
    const report = await app.maintenance.backlog({ exact: true });
    expect(report.measuredAt).toBe(RUN_AT);
    expect(report.targets.map(({ name, status, dueRows, isEstimate }) => [name, status, dueRows, isEstimate])).toEqual([
      ['blacklisted_tokens', 'measured', 1, false],
      ['magic_link_tokens', 'measured', 0, false],
      ['otp_codes', 'measured', 2, false],
      ['refresh_tokens', 'measured', 2, false],
      ['login_attempts', 'measured', 1, false],
      ['audit_logs', 'measured', 0, false],
      ['maintenance_runs', 'measured', 1, false],
      ['webauthn_challenges', 'measured', 1, false],
      ['agent_pending_actions', 'measured', 0, false],
      ['organization_invitations', 'measured', 0, false],
    ]);
    const counted = await app.maintenance.cleanup({ dryRun: true });
    expect(report.targets.map(({ dueRows }) => dueRows)).toEqual(counted.targets.map(({ rows }) => rows));
  });

  describe('tells since when the oldest row has been due', () => {
    const LATER = '2026-03-01T02:30:00Z';
    const retention = {
      expiredGraceMinutes: 10,
      loginAttemptsDays: 90,
      agentPendingActionDays: 1,
      revokedRefreshTokenGraceDays: 7,
    };

    it.each([
      [
        'an expiry, with its grace',
        'blacklisted_tokens',
        [{ expires_at: TWO_HOURS_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      ['an age', 'login_attempts', [{ created_at: '2025-12-01T02:00:00.25Z' }], '2026-03-01T02:00:00.250000Z'],
      ['a used row, which does not tell', 'otp_codes', [{ is_used: true, expires_at: 'infinity' }], null],
      [
        'a used row that expired as well',
        'otp_codes',
        [{ is_used: true, expires_at: TWO_HOURS_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      [
        'a used row beside an expired one',
        'otp_codes',
        [{ is_used: true }, { expires_at: TWO_HOURS_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      ['a used row that is yet to expire', 'otp_codes', [{ is_used: true, expires_at: '2026-03-02T00:00:00Z' }], null],
      [
        'a revoked token, which does not tell',
        'refresh_tokens',
        [{ is_revoked: true, last_used_at: '2026-01-01T00:00:00Z' }],
        null,
      ],
      [
        'a revoked token that expired as well',
        'refresh_tokens',
        [{ is_revoked: true, last_used_at: '2026-01-01', expires_at: TWO_HOURS_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      [
        'two ages that must both have come, the last one',
        'agent_pending_actions',
        [{ expires_at: TWO_HOURS_AGO, created_at: '2026-02-28T02:30:00Z' }],
        '2026-03-01T02:30:00.000000Z',
      ],
      [
        'conditions of which one has a time',
        'organization_invitations',
        [{ expires_at: TWO_HOURS_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      [
        'several rows',
        'blacklisted_tokens',
        [{ expires_at: LATER }, { expires_at: TWO_HOURS_AGO }, { expires_at: AN_HOUR_AGO }],
        '2026-03-01T01:10:00.000000Z',
      ],
      ['a row as old as can be', 'blacklisted_tokens', [{ expires_at: '-infinity' }], null],
      [
        'a row as old as can be beside another',
        'blacklisted_tokens',
        [{ expires_at: '-infinity' }, { expires_at: AN_HOUR_AGO }],
        '2026-03-01T02:10:00.000000Z',
      ],
      ['rows that are not due', 'blacklisted_tokens', [{}, { expires_at: RUN_AT }], null],
    ] as const)('by %s', async (_name, table, rows, since) => {
      await boot({ retention, cleanup: { include: OPT_IN_TARGET_NAMES } });
      await insertRows(database, table, rows);
      const found = target(await app.maintenance.backlog(), table);
      expect(found.oldestDueSince).toBe(since);
      const seconds = since === null ? null : Math.floor((Date.parse(RUN_AT) - Date.parse(since)) / 1000);
      expect(found.oldestDueSeconds).toBe(seconds);
    });

    it('in days of 24 hours, whatever the clocks of the session do', async () => {
      const url = new URL(database.url);
      url.searchParams.set('options', '-c timezone=Europe/Berlin');
      app = await maintenanceApp(url.href, { runAt: '2026-06-01T03:00:00.000000Z' });
      await insertRows(database, 'login_attempts', [{ created_at: '2026-03-01T12:00:00Z' }]);
      const { oldestDueSince } = target(await app.maintenance.backlog(), 'login_attempts');
      expect(oldestDueSince).toBe('2026-05-30T12:00:00.000000Z');
    });
  });

  describe('of a large table', () => {
    const loginAttempts = (rows: number, age: string): string =>
      `insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
       select repeat('x', 180), '10.0.0.1', true, '', timestamptz '${RUN_AT}' - interval '90 days' + (${age})
       from generate_series(1, ${rows}) as n`;
    const auditLogs = (rows: number, due: number): string =>
      `insert into audit_logs (action, user_agent, details, created_at)
       select 'login', repeat('x', 180), '{}', timestamptz '${RUN_AT}' - interval '365 days' + (n - ${due} - 0.5) * interval '1 minute'
       from generate_series(1, ${rows}) as n`;

    it.each([
      ['the oldest third in one stretch', `(n - 40000) * interval '1 minute'`, 40_000],
      ['one row in a hundred, spread', `case when n % 100 = 0 then -1 else 1 end * n * interval '1 minute'`, 1_200],
    ])('is estimated from a sample, within a third, and says so: %s', async (_name, age, due) => {
      await boot();
      await database.query(loginAttempts(120_000, age));
      const found = target(await app.maintenance.backlog(), 'login_attempts');
      expect(found.isEstimate).toBe(true);
      expect(found.dueRows).toBeGreaterThan(due / 1.33);
      expect(found.dueRows).toBeLessThan(due * 1.33);
      const [truth] = await database.query<{ oldest: Date }>('select min(created_at) as oldest from login_attempts');
      const oldestDueMs = (truth?.oldest.getTime() ?? 0) + 90 * 86_400_000;
      expect(Date.parse(found.oldestDueSince ?? '')).toBeGreaterThanOrEqual(oldestDueMs);
      expect(found.oldestDueSeconds).toBeGreaterThan(0);

      const exact = target(await app.maintenance.backlog({ exact: true }), 'login_attempts');
      expect(exact).toMatchObject({ dueRows: await dueOf('login_attempts', 90), isEstimate: false });
      expect(Date.parse(exact.oldestDueSince ?? '')).toBe(oldestDueMs);
    });

    it('gives the same estimate each time, and reads a bounded part of the table for it', async () => {
      const log = new StatementLog();
      app = await maintenanceApp(database.url, { runAt: RUN_AT, typeOrm: log.typeOrm });
      await database.query(loginAttempts(120_000, `(n - 40000) * interval '1 minute'`));
      const first = target(await app.maintenance.backlog(), 'login_attempts');
      expect(target(await app.maintenance.backlog(), 'login_attempts')).toEqual(first);
      const counts = log.statements.filter((sql) => sql.includes('login_attempts') && sql.includes('count(*)'));
      expect(counts).toEqual([expect.stringContaining('tablesample'), expect.stringContaining('tablesample')]);
    });

    it('is counted along an index on the age when little of it is due', async () => {
      await boot();
      await database.query(auditLogs(60_000, 500));
      expect(target(await app.maintenance.backlog(), 'audit_logs')).toMatchObject({
        dueRows: 500,
        isEstimate: false,
        oldestDueSince: '2026-02-28T18:40:30.000000Z',
      });
    });

    it('is estimated when more is due than is looked at along the index, from which the oldest row is known', async () => {
      await boot();
      await database.query(auditLogs(60_000, 30_000));
      const found = target(await app.maintenance.backlog(), 'audit_logs');
      expect(found).toMatchObject({ isEstimate: true, oldestDueSince: '2026-02-08T07:00:30.000000Z' });
      expect(found.dueRows).toBeGreaterThan(30_000 / 1.33);
      expect(found.dueRows).toBeLessThan(30_000 * 1.33);
      expect(target(await app.maintenance.backlog({ exact: true }), 'audit_logs').dueRows).toBe(30_000);
    });

    const dueOf = async (table: string, days: number): Promise<number> => {
      const [row] = await database.query<{ due: string }>(
        `select count(*) as due from ${table} where created_at < timestamptz '${RUN_AT}' - interval '${days * 24} hours'`,
      );
      return Number(row?.due);
    };
  });

  it('of a partitioned table is that of its partitions, and so is its size', async () => {
    await boot();
    await database.query('alter table login_attempts rename to login_attempts_before');
    await database.query(
      'create table login_attempts (id bigint, created_at timestamptz, filler text) partition by list (id)',
    );
    for (const id of [1, 2]) {
      await database.query(`create table login_attempts_${id} partition of login_attempts for values in (${id})`);
      await database.query(`create index on login_attempts_${id} (id)`);
      await database.query(`insert into login_attempts
        select ${id}, timestamptz '${RUN_AT}' - ${89 + id} * interval '24 hours' - n * interval '1 second', repeat('x', 500)
        from generate_series(1, 12000) as n`);
    }
    const [size] = await database.query<{ bytes: string }>(
      `select pg_total_relation_size('login_attempts_1') + pg_total_relation_size('login_attempts_2') as bytes`,
    );
    const estimate = target(await app.maintenance.backlog(), 'login_attempts');
    const exact = target(await app.maintenance.backlog({ exact: true }), 'login_attempts');
    await database.query('drop table login_attempts');
    await database.query('alter table login_attempts_before rename to login_attempts');
    expect(exact).toMatchObject({
      dueRows: 24_000,
      isEstimate: false,
      tableBytes: Number(size?.bytes),
      oldestDueSince: '2026-02-27T23:40:00.000000Z',
    });
    expect(estimate.isEstimate).toBe(true);
    expect(estimate.dueRows).toBeGreaterThan(24_000 / 1.33);
    expect(estimate.dueRows).toBeLessThan(24_000 * 1.33);
  });

  it('leaves out what is kept forever, and a table that is not there', async () => {
    await boot({ retention: { auditLogDays: 0 } });
    await database.query('alter table otp_codes rename to otp_codes_before');
    const report = await app.maintenance.backlog();
    await database.query('alter table otp_codes_before rename to otp_codes');
    const nothing = { dueRows: null, oldestDueSince: null, oldestDueSeconds: null, tableBytes: null };
    expect(target(report, 'audit_logs')).toMatchObject({ ...nothing, status: 'skipped', skipReason: 'kept-forever' });
    expect(target(report, 'otp_codes')).toMatchObject({ ...nothing, status: 'skipped', skipReason: 'table-not-found' });
    expect(target(report, 'login_attempts').status).toBe('measured');
  });

  it('says of which target it could not be measured, and measures the others, with no privilege but to read', async () => {
    await boot();
    await app.close();
    await database.query(`grant select on all tables in schema public to ${role.name}`);
    await database.query(`revoke select on otp_codes from ${role.name}`);
    await insertRows(database, 'otp_codes', [{}]);
    await insertRows(database, 'login_attempts', [{ created_at: '2001-01-01T00:00:00Z' }]);
    await boot({}, role.url);
    const report = await app.maintenance.backlog();
    expect(target(report, 'otp_codes')).toMatchObject({
      status: 'failed',
      dueRows: null,
      error: { code: 'PERMISSION_DENIED', message: expect.stringContaining('grant select on the table') },
    });
    expect(target(report, 'login_attempts')).toMatchObject({ status: 'measured', dueRows: 1 });
  });

  it('gives up on a table that somebody locks', async () => {
    await boot({ cleanup: { lockTimeoutMs: 50 } });
    const other = await database.connect();
    await other.query('begin; lock table otp_codes in access exclusive mode');
    const report = await app.maintenance.backlog();
    await other.query('rollback');
    expect(target(report, 'otp_codes')).toMatchObject({ status: 'failed', error: { code: 'LOCK_TIMEOUT' } });
    expect(target(report, 'audit_logs').status).toBe('measured');
  });

  it('is not measured once its signal has fired', async () => {
    await boot();
    const { targets } = await app.maintenance.backlog({ signal: AbortSignal.abort() });
    expect(new Set(targets.map(({ status, skipReason }) => `${status} ${skipReason}`))).toEqual(
      new Set(['skipped stopped']),
    );
  });

  it.each<[string, TenxyteMaintenanceOptions, object, new (...fields: never[]) => Error]>([
    ['a request that makes no sense', {}, { exact: 'yes' }, MaintenanceConfigError],
    ['an unknown field', {}, { exakt: true }, MaintenanceConfigError],
    [
      'a policy out of bounds',
      {
        retention: { useFactory: () => ({ getRetention: () => ({ auditLogDays: 1 }) }) },
        retentionBounds: { auditLogDays: { minDays: 90 } },
      },
      {},
      RetentionBoundsError,
    ],
    [
      'a provider that fails',
      {
        retention: {
          useFactory: () => ({
            getRetention: () => {
              throw new Error('away');
            },
          }),
        },
      },
      {},
      RetentionProviderError,
    ],
  ])('is refused for %s', async (_name, options, request, refusal) => {
    await boot(options);
    await expect(app.maintenance.backlog(request)).rejects.toThrow(refusal);
  });

  it('is refused on a database that has none of the tables', async () => {
    await boot();
    await database.query('alter schema public rename to elsewhere');
    await database.query('create schema public');
    const measuring = app.maintenance.backlog();
    await expect(measuring).rejects.toThrow(TablesNotFoundError);
    await database.query('drop schema public');
    await database.query('alter schema elsewhere rename to public');
  });

  it('leaves no setting and no transaction behind on its connections', async () => {
    app = await maintenanceApp(database.url, { typeOrm: { extra: { max: 1 } } });
    await app.maintenance.backlog();
    const { DataSource } = await import('typeorm');
    const [settings] = await app.moduleRef.get(DataSource).query(
      `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
              current_setting('enable_seqscan') as seqscan, current_setting('transaction_read_only') as readonly`,
    );
    expect(settings).toEqual({ lock: '0', statement: '0', seqscan: 'on', readonly: 'off' });
  });
});

function target(report: BacklogReport, name: string): TargetBacklog {
  const found = report.targets.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`no target ${name}`);
  }
  return found;
}
