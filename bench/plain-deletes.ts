import type pg from 'pg';
import type { CleanupTargetName } from '../src/index.js';

/** What a database administrator would type, with the cutoff worked out beforehand, which is the fastest form. */
const CONDITIONS: Readonly<Partial<Record<CleanupTargetName, string>>> = {
  blacklisted_tokens: 'expires_at < :now',
  magic_link_tokens: 'expires_at < :now',
  otp_codes: 'expires_at < :now or is_used',
  refresh_tokens: 'expires_at < :now or is_revoked',
  login_attempts: 'created_at < :days90',
  audit_logs: 'created_at < :days365',
};

/** Runs one unbounded DELETE; answers the rows deleted. */
export async function plainDelete(client: pg.Client, target: CleanupTargetName): Promise<number> {
  const { rows } = await client.query<Record<'now' | 'days90' | 'days365', string>>(
    `select now()::text as now, (now() - interval '2160 hours')::text as days90, (now() - interval '8760 hours')::text as days365`,
  );
  const condition = Object.entries(rows[0] ?? {}).reduce(
    (text, [name, value]) => text.replace(new RegExp(`:${name}\\b`, 'g'), `timestamptz '${value}'`),
    CONDITIONS[target] ?? 'false',
  );
  return (await client.query(`delete from ${target} where ${condition}`)).rowCount ?? 0;
}
