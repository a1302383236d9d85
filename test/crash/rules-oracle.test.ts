import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MaintenanceConfigError, type RetentionPolicy, type RetentionRule } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { countOf, SEED } from './random-choices.js';

const RUN_AT = '2026-03-29T02:30:00.123456Z';
const TARGETS = ['login_attempts', 'audit_logs', 'refresh_tokens', 'magic_link_tokens'] as const;
const DAY_US = 86_400_000_000;

/** A random row: microseconds around the places where something may tip over, and everything that a rule can name. */
interface RandomRow {
  readonly at: number;
  readonly used: number;
  readonly revoked: boolean;
  readonly application: number | null;
  readonly action: string;
  readonly user: number | null;
  readonly agent: number | null;
}

const INSERTS: Readonly<Record<(typeof TARGETS)[number], string>> = {
  login_attempts: `(id, identifier, ip_address, success, failure_reason, created_at, application_id)
    select n, '', '10.0.0.1', true, '', at, application`,
  audit_logs: `(id, action, user_agent, details, created_at, application_id, user_id, agent_token_id)
    select n, action, '', '{}', at, application, "user", agent`,
  refresh_tokens: `(id, token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select n, n::text, '', revoked, at, at, used, coalesce(application, 1), 1`,
  magic_link_tokens: `(id, token, is_used, expires_at, created_at, application_id, user_id)
    select n, n::text, false, at, at, application, 1`,
};

/**
 * What must go, written from the specification and not from the code: each row looks up the rule that holds for it. `:days` is null when no
 * rule does, and infinite for one that keeps forever.
 */
const BEFORE = (column: string, days: string): string =>
  `(case when ${days}::float8 < 'infinity' then ${column} < :now - ${days} * interval '24 hours' else false end)`;
const BY_EXPIRY = `case when :days is null then :at < :now - :grace * interval '1 minute' else ${BEFORE(':at', ':days')} end`;
const ORACLE: Readonly<Record<(typeof TARGETS)[number], string>> = {
  login_attempts: `case when :days is null then :login > 0 and ${BEFORE('created_at', ':login')} else ${BEFORE('created_at', ':days')} end`,
  audit_logs: `case when :days is null then :audit > 0 and ${BEFORE('created_at', ':audit')} else ${BEFORE('created_at', ':days')} end`,
  refresh_tokens: `${BY_EXPIRY.replaceAll(':at', 'expires_at')} or is_revoked and case when :days is null
    then :revoked = 0 or ${BEFORE('last_used_at', ':revoked')} else ${BEFORE('last_used_at', ':days')} end`,
  magic_link_tokens: BY_EXPIRY.replaceAll(':at', 'expires_at'),
};
/** A row's organizations: 5 has user 2 and agent 2, 6 has users 2 and 3. */
const MEMBERS =
  'insert into organization_memberships (status, created_at, updated_at, organization_id, role_id, user_id)';

const tippingPoints = [0, 1, 7, 30, 90, 365].map((days) => -days * DAY_US);
const offset = fc
  .tuple(fc.constantFrom(...tippingPoints), fc.constantFrom(-3_600_000_000, -60_000_000, -1, 0, 1, 3_600_000_000))
  .map(([point, around]) => point + around);
const row: fc.Arbitrary<RandomRow> = fc.record({
  at: offset,
  used: offset,
  revoked: fc.boolean(),
  application: fc.constantFrom(null, 1, 2, 3),
  action: fc.constantFrom('login', 'logout', 'other'),
  user: fc.constantFrom(null, 1, 2, 3),
  agent: fc.constantFrom(null, 1, 2),
});
const some = <Value>(...values: Value[]): fc.Arbitrary<Value[]> => fc.subarray(values, { minLength: 1 });
const days = fc.constantFrom(1, 7, 30, 90, 365, 'forever' as const);
const auditRule = fc
  .record(
    {
      target: fc.constant('audit_logs' as const),
      actions: some('login', 'logout', 'nosuch'),
      applicationIds: some<number | string>(1, '2', 3, 99),
      organizationIds: some(5, 6, 7),
      days,
      priority: fc.constantFrom(-1, 0, 1),
    },
    { requiredKeys: ['target', 'days', 'priority'] },
  )
  .filter((rule) => Object.keys(rule).length > 3);
const otherRule = fc.record({
  target: fc.constantFrom('login_attempts' as const, 'refresh_tokens' as const, 'magic_link_tokens' as const),
  applicationIds: some<number | string>(1, '2', 3, 99),
  days,
  priority: fc.constantFrom(-1, 0, 1),
});
const rules: fc.Arbitrary<RetentionRule[]> = fc
  .array(fc.oneof(auditRule, otherRule), { maxLength: 12 })
  .map(withoutTies);
const defaults = fc.record({
  loginAttemptsDays: fc.constantFrom(0, 1, 30, 90),
  auditLogDays: fc.constantFrom(0, 1, 30, 90),
  revokedRefreshTokenGraceDays: fc.constantFrom(0, 1, 30),
  expiredGraceMinutes: fc.constantFrom(0, 1, 60),
});

/** The rules that together are accepted, each with those before it. */
function withoutTies(given: RetentionRule[]): RetentionRule[] {
  const kept: RetentionRule[] = [];
  for (const rule of given) {
    try {
      resolveMaintenanceOptions({ retention: { rules: [...kept, rule] } });
      kept.push(rule);
    } catch (error) {
      if (!(error instanceof MaintenanceConfigError)) {
        throw error;
      }
    }
  }
  return kept;
}

describe('retention rules against an independent oracle', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let current: RetentionPolicy = {};

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('set session_replication_role = replica');
    await database.query(
      `${MEMBERS} values ('active', 'now', 'now', 5, 1, 2), ('active', 'now', 'now', 6, 1, 2), ('left', 'now', 'now', 6, 1, 3)`,
    );
    await database.query(`
      insert into agent_tokens select (jsonb_populate_record(one, '{"id": 2, "token": "2", "organization_id": 5}')).*
      from agent_tokens as one`);
    const retention = { useFactory: () => ({ getRetention: () => current }) };
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { retention } });
  });
  afterAll(() => app.close());

  const fill = async (rows: readonly RandomRow[]): Promise<void> => {
    await database.query(`truncate ${TARGETS.join(', ')}`);
    for (const target of TARGETS) {
      await database.query(
        `insert into ${target} ${INSERTS[target]}
         from (select n, revoked, application, action, "user", agent,
                      $2::timestamptz + at * interval '1 microsecond' as at,
                      $2::timestamptz + used * interval '1 microsecond' as used
               from rows from (jsonb_to_recordset($1) as (at bigint, used bigint, revoked boolean, application bigint,
                               action text, "user" bigint, agent bigint))
                    with ordinality as given (at, used, revoked, application, action, "user", agent, n)) as given`,
        [JSON.stringify(rows), RUN_AT],
      );
    }
  };

  /** The place and the days of the rule that holds for a row, as a sub-query of the row. */
  const winner = (target: (typeof TARGETS)[number], given: readonly RetentionRule[]): string => {
    const isAudit = target === 'audit_logs';
    const organizations = `select organization_id from organization_memberships as m where m.user_id = ${target}.user_id
      union select organization_id from agent_tokens as a where a.id = ${target}.agent_token_id`;
    const listed = given
      .map((rule, place) => ({ ...rule, place, days: rule.days === 'forever' ? 'infinity' : rule.days }))
      .filter((rule) => rule.target === target);
    return `(
      select jsonb_build_object('place', place, 'days', days::text)
      from jsonb_to_recordset($1::jsonb) as rule (place int, days float8, priority int, actions jsonb, "applicationIds" jsonb, "organizationIds" jsonb)
      where ("applicationIds" is null or application_id::text in (select jsonb_array_elements_text("applicationIds")))
        ${isAudit ? `and (actions is null or action in (select jsonb_array_elements_text(actions)))` : ''}
        ${isAudit ? `and ("organizationIds" is null or exists (select 1 from (${organizations}) as o (id) where id::text in (select jsonb_array_elements_text("organizationIds"))))` : ''}
      order by priority desc, num_nonnulls(actions, "applicationIds", "organizationIds") desc,
               "applicationIds" is null, "organizationIds" is null, place
      limit 1)`.replace('$1', `'${JSON.stringify(listed)}'`);
  };

  const dueRows = async (
    target: (typeof TARGETS)[number],
    { rules: given = [], ...options }: RetentionPolicy,
  ): Promise<{ id: string; place: number | null; isDue: boolean }[]> => {
    const condition = ORACLE[target]
      .replaceAll(':now', `timestamptz '${RUN_AT}'`)
      .replaceAll(':days', `(winner ->> 'days')::float8`)
      .replaceAll(':grace', String(options.expiredGraceMinutes))
      .replaceAll(':revoked', String(options.revokedRefreshTokenGraceDays))
      .replaceAll(':login', String(options.loginAttemptsDays))
      .replaceAll(':audit', String(options.auditLogDays));
    return database.query(
      `select id, (winner ->> 'place')::int as place, coalesce(${condition}, false) as "isDue"
       from (select *, ${winner(target, given)} as winner from ${target}) as ruled
       order by id`,
    );
  };

  it('delete exactly the rows of the oracle, each by its rule, and the dry run counts them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), defaults, rules, async (rows, options, given) => {
        current = { ...options, rules: given };
        await fill(rows);
        const expected = new Map<string, { id: string; place: number | null; isDue: boolean }[]>();
        for (const target of TARGETS) {
          expected.set(target, await dueRows(target, current));
        }
        const counted = await app.maintenance.cleanup({ only: TARGETS, dryRun: true });
        const { targets: backlog } = await app.maintenance.backlog();
        const deleted = await app.maintenance.cleanup({ only: TARGETS });
        for (const { name, rows: count, rules: reported = [], skipReason } of [
          ...counted.targets,
          ...deleted.targets,
        ]) {
          const due = (expected.get(name) ?? []).filter(({ isDue }) => isDue);
          expect([name, count]).toEqual([name, due.length]);
          for (const { index, rows: ofRule } of skipReason === undefined ? reported : []) {
            expect([name, index, ofRule]).toEqual([name, index, due.filter(({ place }) => place === index).length]);
          }
        }
        for (const target of TARGETS) {
          const staying = (expected.get(target) ?? []).filter(({ isDue }) => !isDue).map(({ id }) => id);
          const left = await database.query<{ id: string }>(`select id from ${target} order by id`);
          expect([target, left.map(({ id }) => id)]).toEqual([target, staying]);
          const measured = backlog.find(({ name }) => name === target);
          expect([target, measured?.dueRows ?? 0]).toEqual([
            target,
            (expected.get(target)?.length ?? 0) - staying.length,
          ]);
        }
      }),
      { seed: SEED, numRuns: countOf({ sample: 40, full: 400 }) },
    );
  });
});
