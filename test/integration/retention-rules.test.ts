import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupRequest, CleanupTargetName, CleanupTargetReport, RetentionPolicy } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows, type Row } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.parse('2026-03-01T03:00:00Z') - days * DAY_MS).toISOString();

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
  beforeEach(() =>
    database.query(
      'truncate audit_logs, login_attempts, refresh_tokens, magic_link_tokens, organization_memberships cascade',
    ),
  );
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const start = async (retention: RetentionPolicy): Promise<MaintenanceApp> => {
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { retention } });
    return app;
  };
  const run = async (
    retention: RetentionPolicy,
    target: CleanupTargetName,
    request: CleanupRequest = {},
  ): Promise<CleanupTargetReport> => {
    const { maintenance } = await start(retention);
    const counted = await maintenance.cleanup({ ...request, only: [target], dryRun: true });
    const deleted = await maintenance.cleanup({ ...request, only: [target] });
    const [before, after] = [counted.targets[0], deleted.targets[0]];
    expect(after?.rules).toEqual(before?.rules);
    expect(after?.rows).toBe(before?.rows);
    expect(after?.error).toBeUndefined();
    return after as CleanupTargetReport;
  };
  const left = async (table: string, column = 'id'): Promise<unknown[]> =>
    (await database.query<{ value: unknown }>(`select ${column} as value from ${table} order by id`)).map(
      ({ value }) => value,
    );

  const audit = (rows: readonly Row[]): Promise<string[]> => insertRows(database, 'audit_logs', rows);

  it('give some rows of audit_logs a retention of their own, longer or shorter', async () => {
    await audit([
      { action: 'login', created_at: daysAgo(91), user_agent: 'default' },
      { action: 'login_failed', created_at: daysAgo(399), user_agent: 'kept by its action' },
      { action: 'login_failed', created_at: daysAgo(401), user_agent: 'of its action' },
      { action: 'login', created_at: daysAgo(31), application_id: 3, user_agent: 'of its application' },
      { action: 'login', created_at: daysAgo(29), application_id: 3, user_agent: 'kept by its application' },
      { action: 'login', created_at: daysAgo(89), application_id: 4, user_agent: 'kept by default' },
    ]);
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
    expect(await left('audit_logs', 'user_agent')).toEqual([
      'kept by its action',
      'kept by its application',
      'kept by default',
    ]);
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
});
