import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type FinishedCall, runInOwnProcess } from '../support/command-line.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const CONFIG = `
  import type { TenxyteMaintenanceOptions } from '@tenxyte/nestjs-maintenance';
  enum Days { Login = 30 }
  const config: TenxyteMaintenanceOptions = { retention: { loginAttemptsDays: Days.Login, auditLogDays: 0 } };
  export default config;`;

/** Of a host that calls its tables otherwise, in a schema of their own. */
const DATA_SOURCE = `
  import { DataSource, DefaultNamingStrategy } from 'typeorm';
  class Prefixed extends DefaultNamingStrategy {
    tableName(target: string, given: string | undefined): string {
      return 'tx_' + super.tableName(target, given);
    }
  }
  export const AppDataSource = new DataSource({
    type: 'postgres',
    url: process.env.HOST_URL,
    schema: 'auth',
    namingStrategy: new Prefixed(),
    synchronize: true,
    dropSchema: true,
    migrationsRun: true,
    entities: ['no/such/*.ts'],
  });`;

describe('where the command line takes its database and its options from', () => {
  const database = useTestDatabase();
  let folder = '';

  /** In the repository, where packages are found by their names; a project of its own. */
  beforeAll(async () => {
    mkdirSync('test/e2e/host/built', { recursive: true });
    folder = resolve(mkdtempSync(join('test/e2e/host/built', 'sources-')));
    await insertReferences(database);
    await insertRows(database, 'audit_logs', [{ created_at: '2001-01-01' }]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => rmSync(join(folder, 'project'), { recursive: true, force: true }));

  const write = (name: string, content: string): string => {
    const path = join(folder, 'project', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const call = async (args: readonly string[], at = '.'): Promise<FinishedCall> => {
    const env = { DATABASE_URL: database.url, HOST_URL: database.url };
    mkdirSync(join(folder, 'project', at), { recursive: true });
    return runInOwnProcess(args, env, join(folder, 'project', at));
  };
  const retention = ({ stdout }: FinishedCall): unknown =>
    (JSON.parse(stdout) as { targets: { name: string; retentionDays: number }[] }).targets.find(
      ({ name }) => name === 'login_attempts',
    )?.retentionDays;
  const COUNT = ['cleanup', '--dry-run', '--json'];

  it('is a config file in TypeScript, found in the folder or above it, up to the package.json', async () => {
    const file = write('tenxyte-maintenance.config.ts', CONFIG);
    const found = await call(COUNT, 'packages/api');
    expect(found).toMatchObject({ exitCode: 0, stderr: `The options are those of ${file}.\n` });
    expect(retention(found)).toBe(30);
    write('packages/api/package.json', '{}');
    const own = await call(COUNT, 'packages/api');
    expect(own).toMatchObject({ exitCode: 0, stderr: '' });
    expect(retention(own)).toBe(90);
  });

  it('is the file of the flag before one that is found, and never one of two', async () => {
    write('tenxyte-maintenance.config.ts', CONFIG);
    write('package.json', '{}');
    const other = write('other.cjs', 'module.exports = { retention: { loginAttemptsDays: 7 } }');
    expect(retention(await call([...COUNT, '--config', other]))).toBe(7);
    write('tenxyte-maintenance.config.mjs', 'export default {}');
    expect(await call(COUNT)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('more than one config file'),
    });
  });

  it('is a compiled config file, of which CommonJS made a default export in a default export', async () => {
    const file = write(
      'compiled.cjs',
      'exports.__esModule = true; exports.default = { retention: { loginAttemptsDays: 8 } };',
    );
    expect(retention(await call([...COUNT, '--config', file]))).toBe(8);
  });

  it('says where a file in TypeScript is wrong', async () => {
    const file = write('wrong.ts', 'export default { retention: { loginAttemptsDays: } };');
    const { exitCode, stderr } = await call([...COUNT, '--config', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('could not be loaded');
  });

  it('is the connection of a data source, with its schema and its names, and nothing else of it', async () => {
    const file = write('data-source.ts', DATA_SOURCE);
    await database.query('create schema auth');
    await database.query('create table auth.tx_audit_logs (like public.audit_logs including all)');
    await database.query('insert into auth.tx_audit_logs select * from public.audit_logs');
    try {
      expect(await call(['cleanup', '--only', 'audit_logs', '--data-source', file])).toMatchObject({ exitCode: 0 });
      expect(await database.query('select from auth.tx_audit_logs')).toEqual([]);
      expect(await database.query('select from public.audit_logs')).toHaveLength(1);
    } finally {
      await database.query('drop schema auth cascade');
      await database.query('drop schema tenxyte_maintenance cascade');
    }
  });

  it('shows no password of a data source', async () => {
    const options = { type: 'postgres', host: '127.0.0.1', port: 1, username: 'somebody', password: 'hidden-word' };
    const file = write(
      'data-source.mjs',
      `console.error('hidden-word'.length); export default ${JSON.stringify(options)}`,
    );
    const { exitCode, stderr } = await call(['status', '--data-source', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Could not connect to the database, check the data source');
    expect(stderr).not.toContain('hidden-word');
  });

  it('is a search path in the address', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=elsewhere');
    await database.query('create schema elsewhere');
    const { exitCode, stderr } = await call(['cleanup', '--dry-run', '--database-url', url.href]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("none of Tenxyte's tables"),
    });
    await database.query('alter table public.audit_logs set schema elsewhere');
    expect(await call(['cleanup', '--dry-run', '--database-url', url.href])).toMatchObject({ exitCode: 0 });
  });
});
