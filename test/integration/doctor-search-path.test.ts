import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DoctorCheck } from '../../src/index.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

describe('the doctor of a search path', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const other = useTestRole(database);

  beforeAll(() => database.query(`grant select, update, delete on all tables in schema public to ${role.name}`));
  beforeEach(async () => {
    await database.query('revoke create on schema public from public');
    await database.query(`create schema extra; grant usage on schema extra to public`);
    await searchPath('extra, public');
  });
  afterEach(async () => {
    await database.query('drop schema extra cascade');
    await database.query(`reassign owned by ${other.name} to current_user`);
    await database.query(`drop owned by ${other.name}`);
  });

  const searchPath = (path: string) =>
    database.query(`alter role ${role.name} in database ${database.name} set search_path = ${path}`);
  const findings = async (): Promise<DoctorCheck[]> => {
    const app = await maintenanceApp(role.url, { options: { schedule: { cleanup: false, agentHeartbeat: false } } });
    try {
      return (await app.maintenance.doctor()).checks.filter(({ name }) => name === 'search-path');
    } finally {
      await app.close();
    }
  };

  it('is content where only its own role, the owner of the database and superusers may create', async () => {
    await database.query(`grant create on schema extra to ${role.name}`);
    expect(await findings()).toEqual([]);
  });

  it('advises of a schema in which everybody may create, and gives the statement that cures it', async () => {
    await database.query('grant create on schema public to public');
    const [finding, ...more] = await findings();
    expect(more).toEqual([]);
    expect(finding).toEqual({
      name: 'search-path',
      level: 'advice',
      subject: 'public',
      message: expect.stringContaining('everybody may create in this schema of the search_path'),
      whatToDo: 'revoke create on schema "public" from public; or take the schema out of the search_path',
    });
    await database.query(finding?.whatToDo?.replace(/; .*/, '') ?? '');
    expect(await findings()).toEqual([]);
  });

  it('names the roles that may, the owner of the schema among them, in the order of the path', async () => {
    await database.query(`alter schema extra owner to ${other.name}`);
    await database.query(`grant create on schema public to ${other.name}, public`);
    expect((await findings()).map(({ subject, whatToDo }) => [subject, whatToDo?.replace(/; .*/, '')])).toEqual([
      ['extra', `revoke create on schema "extra" from "${other.name}"`],
      ['public', `revoke create on schema "public" from public, "${other.name}"`],
    ]);
  });

  it('looks at no schema that is not in the path in force', async () => {
    await database.query(`alter schema extra owner to ${other.name}`);
    await searchPath('public');
    expect(await findings()).toEqual([]);
    await searchPath('extra, public');
    await database.query('revoke all on schema extra from public');
    expect(await findings()).toEqual([]);
  });

  it('trusts the owner of the tables, but nobody who owns some of them alone', async () => {
    await database.query(`grant create on schema public to ${other.name}`);
    await database.query('create table extra.webauthn_challenges (id bigint)');
    await database.query(`alter table extra.webauthn_challenges owner to ${other.name}`);
    expect(await findings()).toMatchObject([{ subject: 'public' }]);

    const owned = await database.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    for (const { name } of owned) {
      await database.query(`alter table public.${name} owner to ${other.name}`);
    }
    expect(await findings()).toEqual([]);
  });
});
