import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CLEANUP_TARGET_NAMES, OPT_IN_TARGET_NAMES } from '../../src/index.js';
import type { CleanupTargetName, RetentionPolicy } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { countOf, SEED } from './random-choices.js';

const RUN_AT = '2026-03-29T02:30:00.123456Z';

/** A random row: microseconds around the places where something may tip over, and every flag. */
interface RandomRow {
  readonly expires: number;
  readonly created: number;
  readonly used: number;
  readonly flag: boolean;
  readonly status: string;
  readonly accepted: boolean;
  readonly denied: number;
}

/**
 * What must go, written from the specification and not from the code: plain SQL over hours and minutes, with the policy's
 * numbers as `:option`.
 */
const ORACLE: Readonly<Record<CleanupTargetName, string>> = {
  blacklisted_tokens: "expires_at < :now - :grace * interval '1 minute'",
  magic_link_tokens: "expires_at < :now - :grace * interval '1 minute'",
  otp_codes: "expires_at < :now - :grace * interval '1 minute' or is_used",
  refresh_tokens: `expires_at < :now - :grace * interval '1 minute'
    or (is_revoked and (:revoked = 0 or last_used_at < :now - :revoked * interval '24 hours'))`,
  login_attempts: ":login > 0 and created_at < :now - :login * interval '24 hours'",
  audit_logs: ":audit > 0 and created_at < :now - :audit * interval '24 hours'",
  maintenance_runs: ":runs > 0 and finished_at < :now - :runs * interval '24 hours'",
  webauthn_challenges: "expires_at < :now - :grace * interval '1 minute' or is_used",
  agent_pending_actions: `case
    when coalesce(confirmed_at, denied_at) is null
    then expires_at < :now - :grace * interval '1 minute' and :pending > 0 and created_at < :now - :pending * interval '24 hours'
    else :decided > 0 and greatest(confirmed_at, denied_at) < :now - :decided * interval '24 hours'
  end`,
  organization_invitations: `expires_at < :now - :grace * interval '1 minute' and status <> 'accepted' and accepted_at is null`,
};

const INSERTS: Readonly<Record<CleanupTargetName, string>> = {
  blacklisted_tokens: `(token_jti, blacklisted_at, expires_at, reason) select n::text, created, expires, ''`,
  magic_link_tokens: `(token, is_used, expires_at, created_at, user_id) select n::text, flag, expires, created, 1`,
  otp_codes: `(code, otp_type, is_used, expires_at, created_at, attempts, max_attempts, user_id)
    select n::text, 'login_2fa', flag, expires, created, 0, 5, 1`,
  refresh_tokens: `(token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select n::text, '', flag, expires, created, used, 1, 1`,
  login_attempts: `(identifier, ip_address, success, failure_reason, created_at) select n::text, '10.0.0.1', flag, '', created`,
  audit_logs: `(action, user_agent, details, created_at) select 'login', '', '{}', created`,
  maintenance_runs: `(id, task, slot, trigger, owner, status, started_at, finished_at)
    select gen_random_uuid(), 'cleanup', created + n * interval '1000 years', 'cron', '', 'succeeded', created, created`,
  webauthn_challenges: `(challenge, operation, is_used, expires_at, created_at) select n::text, 'register', flag, expires, created`,
  agent_pending_actions: `(permission_requested, endpoint, payload, confirmation_token, expires_at, created_at, agent_token_id,
      confirmed_at, denied_at)
    select 'p', '/', '{}', n::text, expires, created, 1, case when accepted then used end, case when flag then denied end`,
  organization_invitations: `(email, token, status, created_at, expires_at, accepted_at, organization_id, role_id)
    select 'a@example.com', n::text, status, created, expires, case when accepted then created end, 1, 1`,
};

/** Tells the rows of the test from those that the runs under test leave. */
const SEEDED: Readonly<Partial<Record<CleanupTargetName, string>>> = { maintenance_runs: "trigger = 'cron'" };

const DAY_US = 86_400_000_000;
const tippingPoints = [0, 1, 7, 30, 90, 365].map((days) => -days * DAY_US);
const offset = fc
  .tuple(
    fc.constantFrom(...tippingPoints),
    fc.constantFrom(-3_600_000_000, -60_000_000, -1, 0, 1, 60_000_000, 3_600_000_000),
  )
  .map(([point, around]) => point + around);
const row: fc.Arbitrary<RandomRow> = fc.record({
  expires: offset,
  created: offset,
  used: offset,
  flag: fc.boolean(),
  status: fc.constantFrom('pending', 'accepted', 'declined', 'expired'),
  accepted: fc.boolean(),
  denied: offset,
});
const days = fc.constantFrom(0, 1, 7, 30, 90, 365);
const policy: fc.Arbitrary<Required<Omit<RetentionPolicy, 'rules'>>> = fc.record({
  loginAttemptsDays: days,
  auditLogDays: days,
  revokedRefreshTokenGraceDays: days,
  agentPendingActionDays: days,
  decidedAgentPendingActionDays: days,
  maintenanceRunDays: days,
  expiredGraceMinutes: fc.constantFrom(0, 1, 60),
});

describe('cleanup against an independent oracle', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let current: RetentionPolicy = {};

  beforeAll(async () => {
    await insertReferences(database);
    const retention = { useFactory: () => ({ getRetention: () => current }) };
    app = await maintenanceApp(database.url, {
      runAt: RUN_AT,
      options: { retention, cleanup: { include: OPT_IN_TARGET_NAMES } },
    });
  });
  afterAll(() => app.close());

  const fill = async (rows: readonly RandomRow[]): Promise<void> => {
    await database.query(`truncate ${CLEANUP_TARGET_NAMES.map(tableOfTarget).join(', ')}`);
    for (const target of CLEANUP_TARGET_NAMES) {
      await database.query(
        `insert into ${tableOfTarget(target)} ${INSERTS[target]}
         from (select n, flag, status, accepted,
                      $2::timestamptz + expires * interval '1 microsecond' as expires,
                      $2::timestamptz + created * interval '1 microsecond' as created,
                      $2::timestamptz + used * interval '1 microsecond' as used,
                      $2::timestamptz + denied * interval '1 microsecond' as denied
               from rows from (jsonb_to_recordset($1)
                               as (expires bigint, created bigint, used bigint, denied bigint, flag boolean, status text, accepted boolean))
                    with ordinality as given (expires, created, used, denied, flag, status, accepted, n)) as given`,
        [JSON.stringify(rows), RUN_AT],
      );
    }
  };

  const oracle = (target: CleanupTargetName, chosen: Required<Omit<RetentionPolicy, 'rules'>>): string =>
    ORACLE[target]
      .replaceAll(':now', `timestamptz '${RUN_AT}'`)
      .replaceAll(':grace', String(chosen.expiredGraceMinutes))
      .replaceAll(':revoked', String(chosen.revokedRefreshTokenGraceDays))
      .replaceAll(':login', String(chosen.loginAttemptsDays))
      .replaceAll(':audit', String(chosen.auditLogDays))
      .replaceAll(':pending', String(chosen.agentPendingActionDays))
      .replaceAll(':decided', String(chosen.decidedAgentPendingActionDays))
      .replaceAll(':runs', String(chosen.maintenanceRunDays));

  const ids = async (target: CleanupTargetName, condition: string): Promise<string[]> =>
    (
      await database.query<{ id: string }>(
        `select id from ${tableOfTarget(target)} where (${condition}) and ${SEEDED[target] ?? 'true'} order by id`,
      )
    ).map(({ id }) => id);

  it('deletes exactly the rows of the oracle, and the dry run counts them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), policy, async (rows, chosen) => {
        current = chosen;
        await fill(rows);
        const staying = new Map<CleanupTargetName, string[]>();
        const going = new Map<CleanupTargetName, number>();
        for (const target of CLEANUP_TARGET_NAMES) {
          staying.set(target, await ids(target, `not (${oracle(target, chosen)})`));
          going.set(target, (await ids(target, oracle(target, chosen))).length);
        }
        const counted = await app.maintenance.cleanup({ dryRun: true });
        const deleted = await app.maintenance.cleanup();
        for (const { name, rows: count } of [...counted.targets, ...deleted.targets]) {
          expect([name, count]).toEqual([name, going.get(name as CleanupTargetName)]);
        }
        for (const target of CLEANUP_TARGET_NAMES) {
          expect([target, await ids(target, 'true')]).toEqual([target, staying.get(target)]);
        }
      }),
      { seed: SEED, numRuns: countOf({ sample: 40, full: 400 }) },
    );
  });
});
