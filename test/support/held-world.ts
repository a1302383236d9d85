import type { CleanupTargetName } from '../../src/index.js';
import { insertReferences, insertRows, type Row, tableOfTarget } from './rows.js';
import type { TestDatabase } from './test-database.js';

const PAST = '2001-01-01T00:00:00Z';
const LATER = '2002-01-01T00:00:00Z';

/** Whom a due row belongs to, as a test says it. */
export interface Owner {
  readonly name: string;
  readonly user?: number;
  readonly identifier?: string;
  readonly agent?: number;
  readonly application?: number;
  readonly organization?: number;
  readonly created: string;
}

/** Rows of Ann (1), of Bob (2), a member of organization 7, and of nobody; of the applications 1 and 2. */
export const OWNERS: readonly Owner[] = [
  { name: 'ann', user: 1, identifier: 'Ann@Example.com', agent: 1, application: 1, organization: 8, created: PAST },
  { name: 'ann later', user: 1, identifier: 'ann', agent: 1, application: 2, organization: 8, created: LATER },
  { name: 'bob', user: 2, identifier: '+331234', agent: 2, application: 2, organization: 7, created: PAST },
  { name: 'nobody', identifier: 'stranger', application: 1, organization: 9, created: PAST },
];

const BELONGING: Readonly<Record<CleanupTargetName, (owner: Owner) => Row | undefined>> = {
  blacklisted_tokens: ({ user = null, created }) => ({ user_id: user, blacklisted_at: created, expires_at: PAST }),
  magic_link_tokens: ({ user, application, created }) =>
    user === undefined
      ? undefined
      : { user_id: user, application_id: application, created_at: created, expires_at: PAST },
  otp_codes: ({ user, created }) =>
    user === undefined ? undefined : { user_id: user, created_at: created, expires_at: PAST },
  refresh_tokens: ({ user, application, created }) =>
    user === undefined
      ? undefined
      : { user_id: user, application_id: application, created_at: created, expires_at: PAST },
  login_attempts: ({ identifier, application, created }) => ({
    identifier,
    application_id: application,
    created_at: created,
  }),
  audit_logs: ({ user = null, agent = null, application, created }) => ({
    user_id: user,
    agent_token_id: agent,
    application_id: application,
    created_at: created,
  }),
  maintenance_runs: () => ({ finished_at: PAST }),
  webauthn_challenges: ({ user = null, created }) => ({ user_id: user, created_at: created, expires_at: PAST }),
  agent_pending_actions: ({ agent, created }) =>
    agent === undefined ? undefined : { agent_token_id: agent, created_at: created, expires_at: PAST },
  organization_invitations: ({ user = null, identifier, organization, created }) => ({
    invited_by_id: user,
    email: identifier,
    organization_id: organization,
    created_at: created,
    expires_at: PAST,
  }),
};

/** Those whom the rows belong to: two users, two applications, two agents, an organization with a member. */
export async function insertHeldWorld(database: TestDatabase): Promise<void> {
  await insertReferences(database);
  await database.query(`
    insert into users select (json_populate_record(users, '{"id": 2}')).* from users where id = 1;
    update users set email = 'ann@example.com', username = 'ann' where id = 1;
    update users set email = 'bob@example.com', username = 'bob', phone_country_code = '+33', phone_number = '1234' where id = 2;
    insert into applications select (json_populate_record(applications, '{"id": 2, "access_key": "key2"}')).* from applications where id = 1;
    insert into agent_tokens
      select (json_populate_record(agent_tokens, '{"id": 2, "token": "t2", "triggered_by_id": 2, "application_id": 2}')).*
      from agent_tokens where id = 1;
    insert into organization_memberships (status, created_at, updated_at, organization_id, role_id, user_id)
      values ('active', now(), now(), 7, 1, 2)`);
}

/** Puts a due row of each owner into a target's table, in place of what was there; answers whose each id is. */
export async function insertOwnedRows(
  database: TestDatabase,
  target: CleanupTargetName,
): Promise<ReadonlyMap<string, string>> {
  const table = tableOfTarget(target);
  await database.query(`delete from ${table}`);
  const owned = new Map<string, string>();
  for (const owner of OWNERS) {
    const row = BELONGING[target](owner);
    if (row !== undefined) {
      const [id = ''] = await insertRows(database, table, [row]);
      owned.set(id, owner.name);
    }
  }
  return owned;
}

/** Whose rows are left in a target's table, sorted. */
export async function ownersLeft(
  database: TestDatabase,
  target: CleanupTargetName,
  owned: ReadonlyMap<string, string>,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`select id from ${tableOfTarget(target)}`);
  return rows.flatMap(({ id }) => owned.get(id) ?? []).sort();
}
