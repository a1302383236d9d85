import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CLEANUP_TARGET_NAMES,
  type CleanupTargetName,
  type HoldScope,
  LegalHoldService,
  type RetentionPolicy,
} from '../../src/index.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { countOf, SEED } from './random-choices.js';

const DAY = '2001-01-01T00:00:00Z';
const ORACLE_TIMEOUT_MS = 1_800_000;
const DAYS = { loginAttemptsDays: 1, auditLogDays: 1, maintenanceRunDays: 1 };
/** Targets of which rules keep the rows of an application. */
const RULED = ['login_attempts', 'audit_logs', 'refresh_tokens', 'magic_link_tokens'] as const;
const WHO = { caseRef: 'C', reason: 'r', placedBy: 'clerk' };

/** A random row, as far as its target tells. */
interface RandomRow {
  readonly user: number | null;
  readonly behalf: number | null;
  readonly agent: number | null;
  readonly application: number | null;
  readonly organization: number;
  readonly identifier: string;
  readonly created: number;
  readonly due: boolean;
}

/** Columns and values of a target's rows, from the random row `r`; `n` is unique. */
const INSERTS: Readonly<Record<CleanupTargetName, string>> = {
  blacklisted_tokens: `(token_jti, blacklisted_at, expires_at, reason, user_id) select n::text, created, expires, '', "user"`,
  magic_link_tokens:
    '(token, is_used, expires_at, created_at, application_id, user_id) select n::text, false, expires, created, application, coalesce("user", 3)',
  otp_codes: `(code, otp_type, is_used, expires_at, created_at, attempts, max_attempts, user_id)
    select n::text, 'login_2fa', false, expires, created, 0, 5, coalesce("user", 3)`,
  refresh_tokens: `(token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select n::text, '', false, expires, created, created, coalesce(application, 2), coalesce("user", 3)`,
  login_attempts: `(identifier, ip_address, success, failure_reason, created_at, application_id)
    select identifier, '10.0.0.1', false, '', created, application`,
  audit_logs: `(action, user_agent, details, created_at, user_id, on_behalf_of_id, agent_token_id, application_id)
    select 'login', '', '{}', created, "user", behalf, agent, application`,
  maintenance_runs: `(id, task, slot, trigger, owner, status, started_at, finished_at)
    select gen_random_uuid(), 'cleanup', created + n * interval '1000 years', 'cron', '', 'succeeded', created, created`,
  webauthn_challenges: `(challenge, operation, is_used, expires_at, created_at, user_id) select n::text, 'register', false, expires, created, "user"`,
  agent_pending_actions: `(permission_requested, endpoint, payload, confirmation_token, expires_at, created_at, agent_token_id)
    select 'p', '/', '{}', n::text, expires, created, coalesce(agent, 1)`,
  organization_invitations: `(email, token, status, created_at, expires_at, organization_id, role_id, invited_by_id)
    select identifier, n::text, 'pending', created, expires, organization, 1, "user"`,
};

/** What would go without a hold; the ages are years from what tips over. */
const DUE: Readonly<Record<CleanupTargetName, string>> = {
  blacklisted_tokens: 'expires_at < now()',
  magic_link_tokens: 'expires_at < now()',
  otp_codes: 'expires_at < now()',
  refresh_tokens: 'expires_at < now()',
  login_attempts: 'true',
  audit_logs: 'true',
  maintenance_runs: 'true',
  webauthn_challenges: 'expires_at < now()',
  agent_pending_actions: 'expires_at < now()',
  organization_invitations: 'expires_at < now()',
};

const IDENTIFIERS_OF = `(select lower(typed) from users, unnest(array[email, username, phone_number, phone_country_code || phone_number,
  '33' || phone_number]) as typed where typed is not null and users.id in (:users))`;
const OF_AGENTS = `agent_token_id in (select id from agent_tokens where triggered_by_id in (:users) or :agents)`;

/** That a row is of some users, or of some agents, by what its target tells of either. */
const OF_USERS: Readonly<Record<CleanupTargetName, string | undefined>> = {
  blacklisted_tokens: 'user_id in (:users)',
  magic_link_tokens: 'user_id in (:users)',
  otp_codes: 'user_id in (:users)',
  refresh_tokens: 'user_id in (:users)',
  login_attempts: `lower(identifier) in ${IDENTIFIERS_OF}`,
  audit_logs: `user_id in (:users) or on_behalf_of_id in (:users) or ${OF_AGENTS}`,
  maintenance_runs: undefined,
  webauthn_challenges: 'user_id in (:users)',
  agent_pending_actions: OF_AGENTS,
  organization_invitations: `invited_by_id in (:users) or lower(email) in ${IDENTIFIERS_OF}`,
};

const OF_IDENTIFIERS: Readonly<Partial<Record<CleanupTargetName, string>>> = {
  login_attempts: `lower(identifier) in (:identifiers) or lower(identifier) in ${IDENTIFIERS_OF}`,
  organization_invitations: `invited_by_id in (:users) or lower(email) in (:identifiers) or lower(email) in ${IDENTIFIERS_OF}`,
};

const OF_APPLICATION: Readonly<Partial<Record<CleanupTargetName, string>>> = {
  magic_link_tokens: 'application_id = :application',
  refresh_tokens: 'application_id = :application',
  login_attempts: 'application_id = :application',
  audit_logs: `application_id = :application or agent_token_id in (select id from agent_tokens where application_id = :application)`,
  agent_pending_actions: 'agent_token_id in (select id from agent_tokens where application_id = :application)',
};

const CREATED: Readonly<Partial<Record<CleanupTargetName, string>>> = {
  ...Object.fromEntries(CLEANUP_TARGET_NAMES.map((name) => [name, 'created_at'])),
  blacklisted_tokens: 'blacklisted_at',
  maintenance_runs: undefined as never,
};

/** The condition that a hold holds a row of a target, written from the specification: `true` where the target cannot tell. */
function heldBy(scope: HoldScope, target: CleanupTargetName): string {
  const { userId, identifiers, applicationId, organizationId, createdFrom, createdTo } = scope;
  const ofUsers = (users: string, agents = 'false'): string =>
    OF_USERS[target]?.replaceAll(':users', users).replaceAll(':agents', agents) ?? 'true';
  const typed = (identifiers ?? []).map((text) => `'${text.toLowerCase()}'`).join(', ');
  const whoType = `select id from users where lower(email) in (${typed}) or lower(username) in (${typed})
    or phone_number in (${typed}) or phone_country_code || phone_number in (${typed})`;
  const members = `select user_id from organization_memberships where organization_id = ${organizationId}`;
  const created = CREATED[target];
  const conditions = [
    scope.target === undefined || scope.target === target ? 'true' : 'false',
    ...(userId === undefined ? [] : [ofUsers(String(userId))]),
    ...(identifiers === undefined
      ? []
      : [OF_IDENTIFIERS[target]?.replaceAll(':identifiers', typed).replaceAll(':users', whoType) ?? ofUsers(whoType)]),
    ...(applicationId === undefined
      ? []
      : [OF_APPLICATION[target]?.replaceAll(':application', String(applicationId)) ?? 'true']),
    ...(organizationId === undefined
      ? []
      : [
          `${ofUsers(members, `organization_id = ${organizationId}`)}${
            target === 'organization_invitations' ? ` or organization_id = ${organizationId}` : ''
          }`,
        ]),
    ...(createdFrom === undefined
      ? []
      : [created === undefined ? 'true' : `${created} >= '${createdFrom.toISOString()}'`]),
    ...(createdTo === undefined ? [] : [created === undefined ? 'true' : `${created} < '${createdTo.toISOString()}'`]),
  ];
  // A target that cannot tell one of the dimensions is held whole, whatever the others say.
  const names = [userId, identifiers, applicationId, organizationId, createdFrom ?? createdTo];
  const cannotTell =
    (names.some((name) => name !== undefined) && target === 'maintenance_runs') ||
    (applicationId !== undefined && OF_APPLICATION[target] === undefined);
  return cannotTell
    ? (conditions[0] ?? 'true')
    : conditions.map((condition) => `coalesce((${condition}), false)`).join(' and ');
}

const optional = <Value>(values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
const day = (n: number): Date => new Date(Date.parse(DAY) + n * 86_400_000);
const scope: fc.Arbitrary<HoldScope & { everything?: boolean }> = fc
  .record({
    target: optional(CLEANUP_TARGET_NAMES),
    userId: optional([1, 2, 3, 99]),
    identifiers: optional([['ANN@example.com'], ['bob', '+331234'], ['1234'], ['nobody'], ['cid', 'ann']]),
    applicationId: optional(['1', '2']),
    organizationId: optional([7, 8, 9]),
    createdFrom: optional([day(1), day(2)]),
    createdTo: optional([day(3), day(4)]),
  })
  .map((fields) => {
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    return Object.keys(given).length === 0 ? { everything: true } : given;
  });
const row: fc.Arbitrary<RandomRow> = fc.record({
  user: fc.constantFrom(null, 1, 2, 3),
  behalf: fc.constantFrom(null, null, 1, 2),
  agent: fc.constantFrom(null, 1, 2, 3),
  application: fc.constantFrom(null, 1, 2),
  organization: fc.constantFrom(7, 8, 9),
  identifier: fc.constantFrom(
    'ann@example.com',
    'ANN',
    'bob',
    '+331234',
    '1234',
    '331234',
    'cid@example.com',
    'stranger',
  ),
  created: fc.integer({ min: 0, max: 5 }),
  due: fc.boolean(),
});

describe('legal holds and retention rules against an independent oracle', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let holds: LegalHoldService;
  let retention: RetentionPolicy = DAYS;

  beforeAll(async () => {
    await insertReferences(database);
    await database.query(`
      insert into users select (json_populate_record(users, json_build_object('id', n))).* from users, generate_series(2, 3) as n where users.id = 1;
      update users set email = 'Ann@example.com', username = 'ann' where id = 1;
      update users set username = 'bob', phone_country_code = '+33', phone_number = '1234' where id = 2;
      update users set email = 'cid@example.com' where id = 3;
      insert into applications select (json_populate_record(applications, '{"id": 2, "access_key": "k"}')).* from applications where id = 1;
      insert into agent_tokens select (json_populate_record(agent_tokens, json_build_object(
        'id', n, 'token', n, 'triggered_by_id', n, 'application_id', 2, 'organization_id', case n when 3 then 7 end))).*
      from agent_tokens, generate_series(2, 3) as n where agent_tokens.id = 1;
      insert into organization_memberships (status, created_at, updated_at, organization_id, role_id, user_id)
      values ('active', now(), now(), 7, 1, 2), ('active', now(), now(), 8, 1, 1), ('active', now(), now(), 8, 1, 3)`);
    app = await maintenanceApp(database.url, {
      options: {
        holds: { coolDownDays: 0 },
        retention: { useFactory: () => ({ getRetention: () => retention }) },
      },
    });
    holds = app.moduleRef.get(LegalHoldService);
  });
  afterAll(() => app.close());

  const seeded = (target: CleanupTargetName): string => (target === 'maintenance_runs' ? `trigger = 'cron'` : 'true');
  const ids = async (target: CleanupTargetName, condition: string): Promise<string[]> =>
    (
      await database.query<{ id: string }>(
        `select id::text as id from ${tableOfTarget(target)} as r where (${condition}) and ${seeded(target)} order by 1`,
      )
    ).map(({ id }) => id);

  const fill = async (rows: readonly RandomRow[]): Promise<void> => {
    await database.query(`truncate ${CLEANUP_TARGET_NAMES.map(tableOfTarget).join(', ')}`);
    for (const target of CLEANUP_TARGET_NAMES) {
      await database.query(
        `insert into ${tableOfTarget(target)} ${INSERTS[target]}
         from (select "user", behalf, agent, application, organization, identifier, n,
                      timestamptz '${DAY}' + created * interval '24 hours' as created,
                      case when due then timestamptz '${DAY}' else 'infinity' end as expires
               from rows from (jsonb_to_recordset($1) as ("user" int, behalf int, agent int, application int, organization int,
                                                          identifier text, created int, due bool))
                    with ordinality as given ("user", behalf, agent, application, organization, identifier, created, due, n)) as r`,
        [JSON.stringify(rows)],
      );
    }
  };

  it(
    'keep exactly the rows of the oracle, and the dry run counts them',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { minLength: 1, maxLength: 12 }),
          fc.array(scope, { maxLength: 4 }),
          fc.uniqueArray(fc.record({ target: fc.constantFrom(...RULED), application: fc.constantFrom(1, 2) }), {
            selector: ({ target }) => target,
            maxLength: 4,
          }),
          async (rows, scopes, ruled) => {
            await fill(rows);
            retention = {
              ...DAYS,
              rules: ruled.map(({ target, application }) => ({
                target,
                applicationIds: [application],
                days: 'forever',
              })),
            };
            const dueOf = (target: CleanupTargetName): string => {
              const rule = ruled.find((one) => one.target === target);
              const kept = rule === undefined ? 'false' : `coalesce(application_id = ${rule.application}, false)`;
              return `(${DUE[target]}) and not ${kept}`;
            };
            const placed: string[] = [];
            for (const named of scopes) {
              placed.push((await holds.place({ ...WHO, ...named })).id);
            }
            const expected = new Map<string, { gone: number; held: number; left: string[] }>();
            for (const target of CLEANUP_TARGET_NAMES) {
              const held = scopes.map((named) => `(${heldBy(named, target)})`).join(' or ') || 'false';
              expected.set(target, {
                gone: (await ids(target, `${dueOf(target)} and not (${held})`)).length,
                held: (await ids(target, `${dueOf(target)} and (${held})`)).length,
                left: await ids(target, `not (${dueOf(target)}) or (${held})`),
              });
            }
            const counted = await app.maintenance.cleanup({ dryRun: true, only: CLEANUP_TARGET_NAMES });
            const deleted = await app.maintenance.cleanup({ only: CLEANUP_TARGET_NAMES });
            for (const { name, rows: gone, heldRows } of [...counted.targets, ...deleted.targets]) {
              const { gone: wanted, held } = expected.get(name) ?? {};
              expect([name, gone, heldRows]).toEqual([name, wanted, held]);
            }
            for (const target of CLEANUP_TARGET_NAMES) {
              expect([target, await ids(target, 'true')]).toEqual([target, expected.get(target)?.left]);
            }
            for (const id of placed) {
              await holds.release(id, { reason: 'over', releasedBy: 'clerk' });
            }
          },
        ),
        { seed: SEED, numRuns: countOf({ sample: 25, full: 1_000 }), endOnFailure: true },
      );
    },
    ORACLE_TIMEOUT_MS,
  );
});
