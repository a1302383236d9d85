import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport, CleanupRequest, CleanupTargetName, RetentionPolicy } from '../../src/index.js';
import { maintenanceApp, type MaintenanceApp, type MaintenanceAppOptions } from '../support/maintenance-app.js';
import { insertReferences, insertRows, type Row } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.parse(RUN_AT) - days * DAY_MS).toISOString();

type TargetReport = CleanupReport['targets'][number];

describe('retention rules', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    for (const [table, key] of [
      ['applications', 'access_key'],
      ['users', 'email'],
      ['agent_tokens', 'token'],
    ]) {
      await database.query(`
        insert into ${table} select (jsonb_populate_record(one, jsonb_build_object('id', n, '${key}', n::text))).*
        from ${table} as one, generate_series(2, 9) as n where one.id = 1`);
    }
  });
  beforeEach(async () => {
    await database.query(
      'truncate audit_logs, login_attempts, refresh_tokens, magic_link_tokens, organization_memberships cascade',
    );
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const start = async (
    retention: RetentionPolicy,
    options: MaintenanceAppOptions['options'] = {},
  ): Promise<MaintenanceApp> => {
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { ...options, retention } });
    return app;
  };
  const provided = async (
    getRetention: () => RetentionPolicy,
    options: MaintenanceAppOptions['options'] = {},
  ): Promise<MaintenanceApp> => {
    const retention = { useFactory: () => ({ getRetention }) };
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { ...options, retention } });
    return app;
  };
  const only = (report: CleanupReport): TargetReport => report.targets[0] as TargetReport;
  const clean = async ({ maintenance }: MaintenanceApp, target: CleanupTargetName, request: CleanupRequest = {}) => {
    const counted = only(await maintenance.cleanup({ ...request, only: [target], dryRun: true }));
    const { targets } = await maintenance.backlog();
    const deleted = only(await maintenance.cleanup({ ...request, only: [target] }));
    expect(deleted.error).toBeUndefined();
    expect({ rows: deleted.rows, rules: deleted.rules }).toEqual({ rows: counted.rows, rules: counted.rules });
    if (Object.keys(request).length === 0) {
      expect(targets.find(({ name }) => name === target)).toMatchObject({ dueRows: deleted.rows });
    }
    return deleted;
  };
  const run = async (retention: RetentionPolicy, target: CleanupTargetName): Promise<TargetReport> =>
    clean(await start(retention), target);
  const left = async (table: string, column: string): Promise<unknown[]> =>
    (await database.query<{ value: unknown }>(`select ${column} as value from ${table} order by id`)).map(
      ({ value }) => value,
    );
  const audit = async (rows: Readonly<Record<string, Row>>): Promise<void> => {
    await insertRows(
      database,
      'audit_logs',
      Object.entries(rows).map(([name, row]) => ({ user_agent: name, ...row })),
    );
  };
  const keptAudits = (): Promise<unknown[]> => left('audit_logs', 'user_agent');

  it('give some rows of audit_logs a retention of their own, longer or shorter', async () => {
    await audit({
      default: { action: 'login', created_at: daysAgo(91) },
      'kept by its action': { action: 'login_failed', created_at: daysAgo(400) },
      'of its action': { action: 'login_failed', created_at: daysAgo(401) },
      'of its application': { action: 'login_failed', created_at: daysAgo(31), application_id: 3 },
      'kept by its application': { action: 'login', created_at: daysAgo(29), application_id: 3 },
      'kept by default': { action: 'login', created_at: daysAgo(89), application_id: 4 },
    });
    const report = await run(
      {
        auditLogDays: 90,
        rules: [
          { target: 'audit_logs', actions: ['login_failed'], days: 400 },
          { target: 'audit_logs', applicationIds: [3], days: 30, priority: 10 },
        ],
      },
      'audit_logs',
    );
    expect(await keptAudits()).toEqual(['kept by its action', 'kept by its application', 'kept by default']);
    expect(report.rules).toEqual([
      {
        index: 1,
        rule: 'application 3, priority 10',
        days: 30,
        cutoff: '2026-01-30T03:00:00.000000Z',
        rows: 1,
        hasMatches: true,
      },
      {
        index: 0,
        rule: 'action login_failed',
        days: 400,
        cutoff: '2025-01-25T03:00:00.000000Z',
        rows: 1,
        hasMatches: true,
      },
      { index: null, rule: 'default', days: 90, cutoff: '2025-12-01T03:00:00.000000Z', rows: 1, hasMatches: null },
    ]);
  });

  it('let the one win that names more, and an application over an organization over an action', async () => {
    await insertRows(database, 'organization_memberships', [membership(5, 2)]);
    await audit({
      both: { action: 'login', application_id: 3, created_at: daysAgo(15) },
      application: { action: 'logout', application_id: 3, user_id: 2, created_at: daysAgo(15) },
      organization: { action: 'login', application_id: 4, user_id: 2, created_at: daysAgo(25) },
      action: { action: 'login', application_id: 4, created_at: daysAgo(35) },
      none: { action: 'logout', application_id: 4, created_at: daysAgo(400) },
    });
    const { rules = [] } = await run(
      {
        auditLogDays: 0,
        rules: [
          { target: 'audit_logs', actions: ['login'], days: 40 },
          { target: 'audit_logs', organizationIds: ['5'], days: 30 },
          { target: 'audit_logs', applicationIds: [3], days: 20 },
          { target: 'audit_logs', applicationIds: [3], actions: ['login'], days: 10 },
        ],
      },
      'audit_logs',
    );
    expect(await keptAudits()).toEqual(['application', 'organization', 'action', 'none']);
    expect(rules.map(({ index, rows, hasMatches }) => [index, rows, hasMatches])).toEqual([
      [3, 1, true],
      [2, 0, true],
      [1, 0, true],
      [0, 0, true],
      [null, 0, null],
    ]);
  });

  it('delete where the default keeps forever, and keep forever where it does not', async () => {
    const rows = { '3': daysAgo(31), '4': daysAgo(31), '5': '-infinity' };
    const attempts = Object.entries(rows).map(([application_id, created_at]) => ({ application_id, created_at }));
    await insertRows(database, 'login_attempts', attempts);
    await run(
      {
        loginAttemptsDays: 0,
        rules: [{ target: 'login_attempts', applicationIds: [3], days: 30 }],
      },
      'login_attempts',
    );
    expect(await left('login_attempts', 'application_id')).toEqual(['4', '5']);
    await app?.close();
    await run(
      { loginAttemptsDays: 30, rules: [{ target: 'login_attempts', applicationIds: [5], days: 'forever' }] },
      'login_attempts',
    );
    expect(await left('login_attempts', 'application_id')).toEqual(['5']);
  });

  it('that keep forever as the default does skip the target, and say what they are', async () => {
    const { maintenance } = await start({
      loginAttemptsDays: 0,
      rules: [{ target: 'login_attempts', applicationIds: [5], days: 'forever' }],
    });
    expect(only(await maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
      status: 'skipped',
      skipReason: 'kept-forever',
      rules: [
        { index: 0, days: 'forever', cutoff: null, rows: 0, hasMatches: null },
        { index: null, days: 'forever', cutoff: null },
      ],
    });
  });

  it('count from the expiry or the revocation of a token, whichever came first', async () => {
    const tokens: Readonly<Record<string, Row>> = {
      'expired, of no rule': { application_id: 1, expires_at: daysAgo(0.1) },
      'expired lately': { application_id: 3, expires_at: daysAgo(6.9) },
      'expired long ago': { application_id: 3, expires_at: daysAgo(7.1) },
      'revoked, of no rule': { application_id: 1, is_revoked: true, last_used_at: 'infinity' },
      'revoked lately': { application_id: 3, is_revoked: true, last_used_at: daysAgo(6.9) },
      'revoked long ago': { application_id: 3, is_revoked: true, last_used_at: daysAgo(7.1) },
      'kept forever': { application_id: 4, is_revoked: true, last_used_at: daysAgo(700), expires_at: daysAgo(700) },
      valid: { application_id: 3 },
    };
    await insertRows(
      database,
      'refresh_tokens',
      Object.entries(tokens).map(([name, row]) => ({ device_info: name, ...row })),
    );
    const { rules = [] } = await run(
      {
        rules: [
          { target: 'refresh_tokens', applicationIds: [3], days: 7 },
          { target: 'refresh_tokens', applicationIds: [4], days: 'forever' },
        ],
      },
      'refresh_tokens',
    );
    expect(await left('refresh_tokens', 'device_info')).toEqual([
      'expired lately',
      'revoked lately',
      'kept forever',
      'valid',
    ]);
    expect(rules.map(({ rows }) => rows)).toEqual([2, 0, 2]);
  });

  it('count from the expiry of a magic link', async () => {
    await insertRows(database, 'magic_link_tokens', [
      { application_id: 3, expires_at: daysAgo(1.9), user_agent: 'kept' },
      { application_id: 3, expires_at: daysAgo(2.1), user_agent: 'of the rule' },
      { application_id: null, expires_at: daysAgo(0.1), user_agent: 'default' },
    ]);
    await run({ rules: [{ target: 'magic_link_tokens', applicationIds: [3], days: 2 }] }, 'magic_link_tokens');
    expect(await left('magic_link_tokens', 'user_agent')).toEqual(['kept']);
  });

  it('reach the members of an organization, whoever they act for, and its agents', async () => {
    await insertRows(database, 'organization_memberships', [membership(5, 2), membership(6, 3)]);
    await database.query('update agent_tokens set organization_id = 5 where id = 4');
    await audit({
      user: { user_id: 2, created_at: daysAgo(31) },
      'on behalf of': { user_id: 9, on_behalf_of_id: 2, created_at: daysAgo(31) },
      agent: { user_id: 9, agent_token_id: 4, created_at: daysAgo(31) },
      'of another organization': { user_id: 3, created_at: daysAgo(31) },
      nobody: { user_id: null, created_at: daysAgo(31) },
    });
    await run({ rules: [{ target: 'audit_logs', organizationIds: [5, 7], days: 30 }] }, 'audit_logs');
    expect(await keptAudits()).toEqual(['of another organization', 'nobody']);
  });

  it('leave a target alone whose organizations cannot be looked up, and clean the others', async () => {
    await insertRows(database, 'login_attempts', [{ created_at: daysAgo(100) }]);
    await audit({ old: { created_at: daysAgo(1_000) } });
    await database.query('alter table organization_memberships rename to moved');
    try {
      const { maintenance } = await start({
        rules: [{ target: 'audit_logs', organizationIds: [5], days: 30 }],
      });
      for (const dryRun of [true, false]) {
        expect(await maintenance.cleanup({ only: ['login_attempts', 'audit_logs'], dryRun })).toMatchObject({
          status: 'partial',
          targets: [{ rows: 1 }, { rows: 0, error: { code: 'RETENTION_RULE', retryable: false } }],
        });
      }
      expect(await keptAudits()).toEqual(['old']);
      expect((await maintenance.backlog()).targets.find(({ name }) => name === 'audit_logs')).toMatchObject({
        status: 'failed',
        error: { code: 'RETENTION_RULE' },
      });
    } finally {
      await database.query('alter table moved rename to organization_memberships');
    }
  });

  it.each(['abc', '03', '99999999999999999999'])('refuse the id %s, which no row can have', async (id) => {
    await insertRows(database, 'login_attempts', [{ created_at: daysAgo(1_000) }]);
    const { maintenance } = await start({ rules: [{ target: 'login_attempts', applicationIds: [id], days: 30 }] });
    expect(only(await maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
      rows: 0,
      error: {
        code: 'RETENTION_RULE',
        message: expect.stringContaining(`names "${id}", and login_attempts.application_id is bigint`),
      },
    });
  });

  it('say when no row has what they name, and not when none of those rows is due', async () => {
    await audit({ young: { action: 'login', created_at: daysAgo(1) } });
    const { rules = [] } = await run(
      {
        rules: [
          { target: 'audit_logs', actions: ['login'], days: 30 },
          { target: 'audit_logs', actions: ['lgoin'], days: 30 },
        ],
      },
      'audit_logs',
    );
    expect(rules.map(({ hasMatches }) => hasMatches)).toEqual([true, false, null]);
  });

  it('are not overridden by a call, which decides for the other rows alone', async () => {
    await audit({
      rule: { action: 'login', created_at: daysAgo(31) },
      'kept by the rule': { action: 'login', created_at: daysAgo(29) },
      default: { action: 'logout', created_at: daysAgo(11) },
    });
    const started = await start({ rules: [{ target: 'audit_logs', actions: ['login'], days: 30 }] });
    await clean(started, 'audit_logs', { auditLogDays: 10 });
    expect(await keptAudits()).toEqual(['kept by the rule']);
  });

  it('hold for the brakes: what they keep is not about to be lost', async () => {
    await insertRows(database, 'login_attempts', [
      { application_id: 3, created_at: daysAgo(100) },
      { application_id: 3, created_at: daysAgo(100) },
      { application_id: 4, created_at: daysAgo(100) },
    ]);
    const rules = [{ target: 'login_attempts', applicationIds: [3], days: 'forever' }] as const;
    const cleanup = { maxRowsPerTarget: 1, maxFractionPerTarget: 0.4 };
    const { maintenance } = await start({ rules }, { cleanup });
    expect(only(await maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
      status: 'succeeded',
      rows: 1,
    });
    await app?.close();
    const other = await start({ rules: [{ ...rules[0], days: 99 }] }, { cleanup });
    expect(only(await other.maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
      status: 'failed',
      error: { code: 'BRAKE_MAX_ROWS' },
    });
  });

  it('say in the backlog since when the oldest row has been due, by its own rule', async () => {
    await audit({
      rule: { action: 'login', created_at: daysAgo(40) },
      default: { action: 'logout', created_at: daysAgo(367) },
      forever: { action: 'kept', created_at: daysAgo(9_999) },
    });
    const { maintenance } = await start({
      rules: [
        { target: 'audit_logs', actions: ['login'], days: 30 },
        { target: 'audit_logs', actions: ['kept'], days: 'forever' },
      ],
    });
    expect((await maintenance.backlog()).targets.find(({ name }) => name === 'audit_logs')).toMatchObject({
      dueRows: 2,
      oldestDueSince: '2026-02-19T03:00:00.000000Z',
    });
  });

  it('are told apart where triggers and keys have rows deleted by their place, and skipped ones counted', async () => {
    await database.query(`
      create function pass() returns trigger language plpgsql as 'begin return old; end';
      create trigger pass before delete on login_attempts for each row execute function pass()`);
    const attempts = (application_id: number, count: number): Row[] =>
      Array.from({ length: count }, () => ({ application_id, created_at: daysAgo(31) }));
    await insertRows(database, 'login_attempts', [...attempts(3, 4), ...attempts(4, 2)]);
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from login_attempts where application_id = 3 limit 1 for update');
    try {
      const { maintenance } = await start({
        loginAttemptsDays: 30,
        rules: [{ target: 'login_attempts', applicationIds: [3], days: 20 }],
      });
      expect(only(await maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
        rows: 5,
        lockedRows: 1,
        rules: [{ rows: 3 }, { rows: 2 }],
      });
    } finally {
      await holder.query('rollback');
      await database.query('drop trigger pass on login_attempts; drop function pass()');
    }
  });

  it('are not told apart where a rule of the table rewrites deletions', async () => {
    await database.query(
      `create rule keep_none as on delete to login_attempts where old.identifier = 'x' do instead nothing`,
    );
    await insertRows(database, 'login_attempts', [{ application_id: 3, created_at: daysAgo(31) }]);
    try {
      const { maintenance } = await start(
        { rules: [{ target: 'login_attempts', applicationIds: [3], days: 20 }] },
        { cleanup: { acknowledge: ['public.keep_none', 'public.login_attempts.keep_none'] } },
      );
      expect(only(await maintenance.cleanup({ only: ['login_attempts'] }))).toMatchObject({
        rows: 1,
        rules: [{ rows: null }, { rows: null }],
      });
    } finally {
      await database.query('drop rule keep_none on login_attempts');
    }
  });

  it('may come from a provider, and are asked for at every run', async () => {
    await audit({ a: { action: 'login', created_at: daysAgo(31) }, b: { action: 'logout', created_at: daysAgo(31) } });
    let rules: RetentionPolicy['rules'] = [{ target: 'audit_logs', actions: ['login'], days: 30 }];
    const started = await provided(() => ({ rules: rules ?? [] }));
    expect(await clean(started, 'audit_logs')).toMatchObject({ rows: 1 });
    rules = [{ target: 'audit_logs', actions: ['logout'], days: 'forever' }];
    expect(await clean(started, 'audit_logs')).toMatchObject({ rows: 0 });
    rules = [];
    expect(await clean(started, 'audit_logs')).not.toHaveProperty('rules');
  });

  it.each<[string, unknown, object]>([
    [
      'are tied',
      [
        { target: 'audit_logs', actions: ['login'], days: 30 },
        { target: 'audit_logs', actions: ['login'], days: 60 },
      ],
      { code: 'CONFIG', message: expect.stringMatching(/provider's getRetention\(\): rules\.1 is a tie: /) },
    ],
    [
      'are misspelt',
      [{ target: 'audit_logs', action: ['login'], days: 30 }],
      { code: 'CONFIG', message: expect.stringContaining('rules.0.action is not an option') },
    ],
    [
      'break the bounds',
      [{ target: 'audit_logs', actions: ['login'], days: 'forever' }],
      { code: 'RETENTION_BOUNDS', message: expect.stringContaining('is forever, at most 400 is allowed') },
    ],
  ])('of a provider that %s fail the run before anything is deleted', async (_, rules, error) => {
    await audit({ old: { action: 'login', created_at: daysAgo(9_999) } });
    const { maintenance } = await provided(() => ({ rules: rules as NonNullable<RetentionPolicy['rules']> }), {
      retentionBounds: { auditLogDays: { maxDays: 400 } },
    });
    for (const dryRun of [true, false]) {
      await expect(maintenance.cleanup({ dryRun })).rejects.toMatchObject(error);
    }
    await expect(maintenance.backlog()).rejects.toMatchObject(error);
    await expect(maintenance.retentionSchedule()).rejects.toMatchObject(error);
    expect(await keptAudits()).toEqual(['old']);
  });

  it('of many applications make a small report, and count the rows of each', async () => {
    await insertRows(
      database,
      'login_attempts',
      [3, 3, 4, 5].map((id) => ({ application_id: id, created_at: daysAgo(50) })),
    );
    const many = Array.from({ length: 500 }, (_, index) => index + 100);
    const { maintenance } = await start({
      rules: [
        { target: 'login_attempts', applicationIds: many, days: 10 },
        ...Array.from({ length: 20 }, (_, index) => ({
          target: 'login_attempts' as const,
          applicationIds: [index],
          days: 20 + (index % 3),
        })),
      ],
    });
    const report = await maintenance.cleanup({ only: ['login_attempts'] });
    expect(
      only(report)
        .rules?.filter(({ rows }) => rows !== 0)
        .map(({ index, rows }) => [index, rows]),
    ).toEqual([
      [4, 2],
      [5, 1],
      [6, 1],
    ]);
    expect(only(report).rules?.[0]?.rule).toMatch(/^applications 100, 101, 102 and 497 more \([0-9a-f]{8}\)$/);
    expect(JSON.stringify(report).length).toBeLessThan(4_000);
    const { report: recorded } = await maintenance.run(report.runId);
    expect(recorded).toMatchObject({ targets: [{ rules: only(report).rules }] });
  });
});

let members = 0;

function membership(organization_id: number, user_id: number): Row {
  members += 1;
  return {
    id: members,
    status: 'active',
    created_at: 'now',
    updated_at: 'now',
    organization_id,
    role_id: 1,
    user_id,
  };
}
