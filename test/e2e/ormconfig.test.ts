import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { useTestDatabase } from '../support/test-database.js';

const run = promisify(execFile);

describe('ormconfig.ts', () => {
  const database = useTestDatabase();

  /** TypeORM's own command line, as a user calls it. */
  const typeorm = async (command: string): Promise<void> => {
    const parameters = ['--import', '@swc-node/register/esm-register', 'node_modules/typeorm/cli.js', command];
    const env = { ...process.env, DATABASE_URL: database.url };
    await run(process.execPath, [...parameters, '-d', 'ormconfig.ts'], { env });
  };
  const tables = async (): Promise<string[]> => {
    const rows = await database.query<{ tablename: string }>(
      `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations' order by tablename`,
    );
    return rows.map(({ tablename }) => tablename);
  };

  it("creates Tenxyte's tables with their keys and indexes, and takes them away again", async () => {
    await database.query('drop schema public cascade');
    await database.query('create schema public');
    await typeorm('migration:run');
    expect(await tables()).toEqual([
      'agent_pending_actions',
      'agent_tokens',
      'applications',
      'audit_logs',
      'blacklisted_tokens',
      'login_attempts',
      'magic_link_tokens',
      'organization_invitations',
      'organization_memberships',
      'otp_codes',
      'refresh_tokens',
      'users',
      'webauthn_challenges',
    ]);
    const indexed = await database.query<{ columns: string }>(
      `select substring(indexdef from '\\((.*)\\)') as columns from pg_indexes where tablename = 'audit_logs' order by 1`,
    );
    expect(indexed.map(({ columns }) => columns)).toEqual([
      'action',
      'action varchar_pattern_ops',
      'agent_token_id',
      'application_id',
      'created_at',
      'id',
      'on_behalf_of_id',
      'user_id',
    ]);
    const [keys] = await database.query<{ keys: string }>(
      `select count(*) as keys from pg_constraint where contype = 'f' and condeferrable and condeferred`,
    );
    expect(keys).toEqual({ keys: '19' });
    await typeorm('migration:revert');
    expect(await tables()).toEqual([]);
  });
});
