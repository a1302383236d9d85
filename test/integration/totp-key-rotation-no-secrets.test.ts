import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { runCommandLine } from '../support/command-line.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const KEYS = { TENXYTE_TOTP_ENCRYPTION_KEY: NEW, TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: OLD };
const CUSTOM = `create schema accounts; create table accounts.member (id bigint primary key, totp_secret text);
  insert into accounts.member values (1, $1)`.split(';');

/** As much of a report, and of the doctor's, as is asked for. */
interface Said {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a rotation that meets no secret', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const role = useTestRole(database);

  beforeAll(() => {
    leaks.guard(NEW, OLD, secretOf(1));
  });
  afterEach(async () => {
    await database.query('drop schema if exists accounts cascade; drop schema if exists tenxyte_maintenance cascade');
    await database.query('truncate users cascade');
  });

  const run = async (args: string[], env: Readonly<Record<string, string>> = {}): Promise<Said> =>
    leaks.see(await runCommandLine(args, { DATABASE_URL: database.url, ...KEYS, ...env }));
  const rotate = async (...flags: string[]): Promise<{ exitCode: number | null; report: unknown }> => {
    const { exitCode, stdout } = await run(['rotate-totp-key', '--json', ...flags]);
    return { exitCode, report: JSON.parse(stdout) };
  };
  const createMembers = async (): Promise<void> => {
    for (const statement of CUSTOM) {
      await database.query(statement, statement.includes('$1') ? [tokenOf(OLD, secretOf(1))] : []);
    }
  };
  const checks = async (env: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>[]> => {
    const { stdout } = await run(['doctor', '--json'], env);
    const { checks: found } = JSON.parse(stdout) as { checks: Record<string, unknown>[] };
    return found.filter(({ subject }) => subject === 'users');
  };

  const FLAGS = [[], ['--dry-run'], ['--atomic']].map((flags) => ({ flags }));

  it.each(FLAGS)('says nothing of the previous keys, and is no failure ($flags)', async ({ flags }) => {
    await insertUsers(database, [{ id: '1', kind: 'null', stored: null }]);
    expect(await rotate(...flags)).toMatchObject({
      exitCode: 0,
      report: { status: 'succeeded', total: 0, safeToRetirePreviousKeys: false },
    });
    const { stdout } = await run(['rotate-totp-key', ...flags]);
    expect(stdout).toContain('Keep the previous keys: there are no secrets');
    expect(stdout).not.toContain('can be retired');
  });

  it.each(FLAGS)('names the table that looks as if it held them ($flags)', async ({ flags }) => {
    await createMembers();
    expect(await rotate(...flags)).toMatchObject({
      exitCode: 3,
      report: {
        status: 'partial',
        total: 0,
        safeToRetirePreviousKeys: false,
        error: { code: 'NO_SECRETS', message: expect.stringContaining('accounts.member has a column') },
      },
    });
  });

  it('names no table that the role may not see, and none where there are secrets', async () => {
    await createMembers();
    await database.query(`grant usage on schema public to ${role.name}`);
    await database.query(`grant select, update on users to ${role.name}`);
    await database.query(`grant create on database ${database.name} to ${role.name}`);
    const { stdout } = await run(['rotate-totp-key', '--json'], { DATABASE_URL: role.url });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', total: 0 });
    await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
    expect(await rotate()).toMatchObject({
      exitCode: 0,
      report: { status: 'succeeded', safeToRetirePreviousKeys: true },
    });
  });

  it('is told by the doctor, which takes the keys from where the rotation takes them', async () => {
    expect(await checks()).toMatchObject([{ name: 'table', level: 'ok' }]);
    expect(await checks({ TENXYTE_TOTP_ENCRYPTION_KEY: '', TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: '' })).toEqual([]);
    await createMembers();
    expect(await checks()).toMatchObject([
      { name: 'table', level: 'ok' },
      {
        name: 'secrets',
        level: 'advice',
        message: expect.stringMatching(/^accounts\.member has a column .*"users"\.totp_secret alone$/),
      },
    ]);
    await database.query('alter table users rename to users_before');
    expect(await checks()).toMatchObject([
      { level: 'problem', message: expect.stringContaining('but accounts.member has a column') },
      { level: 'problem', message: expect.stringContaining('but public.users_before has a column') },
    ]);
    await database.query('alter table users_before rename to users');
  });

  it('lets the doctor examine the table of users as a rotation does', async () => {
    await database.query(`
      create function host() returns trigger language plpgsql as 'begin return new; end';
      create trigger host before update on users for each row execute function host();
      revoke update on users from ${role.name}; grant select on users to ${role.name}`);
    expect(await checks({ DATABASE_URL: role.url })).toMatchObject([
      {
        name: 'privileges',
        level: 'problem',
        message: expect.stringContaining('every rotation is refused'),
        whatToDo: expect.stringContaining('grant update'),
      },
      {
        name: 'attached',
        level: 'advice',
        message: expect.stringContaining('the trigger public.host may keep or change'),
      },
    ]);
    await database.query('drop function host() cascade');
    await database.query('alter table users alter column totp_secret type bytea using null');
    expect(await checks()).toMatchObject([
      { name: 'columns', message: expect.stringContaining('every rotation is refused') },
    ]);
    await database.query('alter table users alter column totp_secret type varchar(255) using null');
  });

  it('tells what a database with a table of users alone is looked through for', async () => {
    await database.query(
      'create schema accounts; create table accounts.users (id bigint primary key, totp_secret text)',
    );
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=accounts');
    const { exitCode, stderr } = await run(['rotate-totp-key'], { DATABASE_URL: url.href });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/looked for blacklisted_tokens, .*agent_tokens.*; a table of users alone does not tell\)/);
  });
});
