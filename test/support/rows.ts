import { randomUUID } from 'node:crypto';
import type { CleanupTargetName } from '../../src/index.js';
import type { TestDatabase } from './test-database.js';

/** Column values by name. */
export type Row = Readonly<Record<string, unknown>>;

const USER: Row = {
  password: 'x',
  first_name: 'A',
  last_name: 'B',
  is_email_verified: true,
  is_phone_verified: false,
  is_2fa_enabled: false,
  backup_codes: '[]',
  is_active: true,
  is_locked: false,
  is_banned: false,
  is_deleted: false,
  is_staff: false,
  is_superuser: false,
  max_sessions: 5,
  max_devices: 5,
  created_at: 'now',
  updated_at: 'now',
  is_restricted: false,
  bio: '',
  language: 'en',
  timezone: 'UTC',
  lockout_count: 0,
};
const APPLICATION: Row = {
  name: 'app',
  description: '',
  access_key: 'key',
  access_secret: 'x',
  is_active: true,
  created_at: 'now',
  updated_at: 'now',
  redirect_uris: '[]',
};

/** Values for every column that must not be null, unless a test says otherwise; what expires does so in the far future. */
const DEFAULTS: Readonly<Record<string, (unique: string) => Row>> = {
  blacklisted_tokens: (token_jti) => ({
    token_jti,
    blacklisted_at: 'now',
    expires_at: 'infinity',
    reason: '',
    user_id: 1,
  }),
  magic_link_tokens: (token) => ({ token, is_used: false, expires_at: 'infinity', created_at: 'now', user_id: 1 }),
  otp_codes: (code) => ({
    code,
    otp_type: 'login_2fa',
    is_used: false,
    expires_at: 'infinity',
    created_at: 'now',
    attempts: 0,
    max_attempts: 5,
    user_id: 1,
  }),
  refresh_tokens: (token) => ({
    token,
    device_info: '',
    is_revoked: false,
    expires_at: 'infinity',
    created_at: 'now',
    last_used_at: 'now',
    application_id: 1,
    user_id: 1,
  }),
  login_attempts: (identifier) => ({
    identifier,
    ip_address: '10.0.0.1',
    success: true,
    failure_reason: '',
    created_at: 'infinity',
    application_id: 1,
  }),
  audit_logs: () => ({ action: 'login', user_agent: '', details: '{}', created_at: 'infinity', user_id: 1 }),
  agent_tokens: (token) => ({
    token,
    agent_id: 'agent',
    status: 'ACTIVE',
    expires_at: 'infinity',
    max_requests_per_minute: 1,
    max_requests_total: 1,
    current_request_count: 0,
    max_failed_requests: 1,
    current_failed_count: 0,
    current_spend_usd: 0,
    created_at: 'now',
    application_id: 1,
    triggered_by_id: 1,
  }),
  agent_pending_actions: (confirmation_token) => ({
    permission_requested: 'p',
    endpoint: '/',
    payload: '{}',
    confirmation_token,
    expires_at: 'infinity',
    created_at: 'now',
    agent_token_id: 1,
  }),
  'tenxyte_maintenance.runs': () => ({
    id: randomUUID(),
    task: 'agent-heartbeat',
    trigger: 'cli',
    owner: 'test',
    status: 'stopped',
    started_at: '-infinity',
    finished_at: 'infinity',
  }),
  webauthn_challenges: (challenge) => ({
    challenge,
    operation: 'register',
    is_used: false,
    expires_at: 'infinity',
    created_at: 'now',
    user_id: 1,
  }),
  organization_invitations: (token) => ({
    email: 'a@example.com',
    token,
    status: 'pending',
    created_at: 'now',
    expires_at: 'infinity',
    organization_id: 1,
    role_id: 1,
  }),
};

/** The table of a cleanup target. */
export function tableOfTarget(target: CleanupTargetName): string {
  return target === 'maintenance_runs' ? 'tenxyte_maintenance.runs' : target;
}

let unique = 0;

/** Inserts rows; what a row leaves out gets a value that keeps it alive. Answers their ids. */
export async function insertRows(
  database: Pick<TestDatabase, 'query'>,
  table: string,
  rows: readonly Row[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const row of rows) {
    unique += 1;
    const complete = { ...DEFAULTS[table]?.(`${table}-${unique}`), ...row };
    ids.push(await insertRow(database, table, complete));
  }
  return ids;
}

/** Inserts the user, the application and the agent that other rows refer to, each with id 1. */
export async function insertReferences(database: Pick<TestDatabase, 'query'>): Promise<void> {
  await insertRow(database, 'users', { id: 1, ...USER });
  await insertRow(database, 'applications', { id: 1, ...APPLICATION });
  await insertRow(database, 'agent_tokens', { id: 1, ...DEFAULTS['agent_tokens']?.('agent-token') });
}

async function insertRow(database: Pick<TestDatabase, 'query'>, table: string, row: Row): Promise<string> {
  const columns = Object.keys(row);
  const [inserted] = await database.query<{ id: string }>(
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
    Object.values(row),
  );
  return inserted?.id ?? '';
}
