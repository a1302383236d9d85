import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { policyOf, resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { type FinishedCall, runInOwnProcess } from '../support/command-line.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const SOURCE = 'test/e2e/host/app.module.ts';
const PROVIDER = { useFactory: () => ({ getRetention: () => ({}) }) };
const NO_MODULE = 'export const nothing = 1; export default class {}';
const OTHER = `import { Module } from '@nestjs/common'; export class OtherModule {} Module({ providers: [] })(OtherModule);`;

describe('tenxyte-maintenance --app', () => {
  const database = useTestDatabase();
  let folder = '';
  let built = '';

  /** In the repository, where the package and its peers are found by their names. */
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  beforeAll(async () => {
    mkdirSync('test/e2e/host/built', { recursive: true });
    folder = mkdtempSync(join('test/e2e/host/built', 'app-'));
    const { code } = transformFileSync(SOURCE, {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    built = file('app.module.mjs', code);
    await insertReferences(database);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    await database.query('delete from audit_logs');
    await insertRows(database, 'audit_logs', [{ created_at: '2001-01-01' }]);
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  const call = async (args: readonly string[], days = '0'): Promise<FinishedCall> =>
    runInOwnProcess(args, { HOST_DATABASE_URL: database.url, AUDIT_LOG_DAYS: days });
  const auditRows = async (): Promise<number> => (await database.query('select from audit_logs')).length;

  it('runs with the options and the data source of the application, and starts nothing of it', async () => {
    const { exitCode, stderr } = await call(['cleanup', '--app', `${built}#AppModule`]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr:
        'Kept from starting under this command: Reports.onApplicationBootstrap(), cron job added, time-out warm-up, interval poll, cron job reports.\n',
    });
    expect(await auditRows()).toBe(1);
    expect((await call(['cleanup', '--app', `${built}#AppModule`], '365')).exitCode).toBe(0);
    expect(await auditRows()).toBe(0);
    expect(await database.query('select trigger from tenxyte_maintenance.runs')).toEqual([
      { trigger: 'cli' },
      { trigger: 'cli' },
    ]);
    expect(await database.query('select from tenxyte_maintenance.schedules')).toEqual([]);
    expect(await database.query('select from tenxyte_maintenance.applications')).toEqual([]);
  });

  it('runs a slim module of it, of which there is nothing to stop', async () => {
    const { exitCode, stdout, stderr } = await call(['cleanup', '--json', '--app', `${built}#MaintenanceModule`]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
  });

  it('runs its source in TypeScript', async () => {
    expect(await call(['cleanup', '--app', `${SOURCE}#AppModule`])).toMatchObject({ exitCode: 0 });
    expect(await auditRows()).toBe(1);
  });

  it('takes its provider for the one of the application that is running', async () => {
    await call(['migrate', '--app', `${built}#MaintenanceModule`]);
    await database.query(
      `insert into tenxyte_maintenance.applications
       select gen_random_uuid(), 'pod-1', $1, 'x', now(), now()`,
      [JSON.stringify(policyOf(resolveMaintenanceOptions({ retention: PROVIDER })))],
    );
    expect(await call(['cleanup', '--app', `${built}#MaintenanceModule`])).toMatchObject({ exitCode: 0 });
    const config = file(
      'config.mjs',
      'export default { retention: { useFactory: () => ({ getRetention: () => ({}) }) } }',
    );
    const own = ['cleanup', '--config', config, '--database-url', database.url];
    expect(await call(own)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('A provider decides') });
  });

  it.each([
    ['no/such.js', 'does not exist'],
    ['#AppModule', 'accepted is FILE or FILE#MODULE'],
  ])('refuses %s', async (app, problem) => {
    expect(await call(['cleanup', '--app', app])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(problem),
    });
  });

  it('refuses a file that leaves open which module is meant, and one that does not mount this package', async () => {
    const [none, other] = [file('none.mjs', NO_MODULE), file('other.mjs', OTHER)];
    for (const [app, problem] of [
      [built, 'does not export one module; the modules it exports: AppModule, MaintenanceModule'],
      [`${built}#Flagship`, 'does not export a module Flagship'],
      [none, 'the modules it exports: none'],
      [other, 'does not import the TenxyteMaintenanceModule'],
    ] as const) {
      expect(await call(['status', '--app', app])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(problem),
      });
    }
  });

  it.each([[['--config', 'x.mjs']], [['--database-url', 'postgres://localhost/x']], [['--data-source', 'x.mjs']]])(
    'is refused beside %j',
    async (flags) => {
      const { exitCode, stderr } = await call(['cleanup', '--app', built, ...flags]);
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('accepted is one of both'),
      });
    },
  );

  it('ends with a sentence when the database of the application is out of reach', async () => {
    const { exitCode, stderr } = await runInOwnProcess(['status', '--app', `${built}#MaintenanceModule`], {
      HOST_DATABASE_URL: 'postgres://somebody:hidden-word@127.0.0.1:1/nowhere',
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tenxyte-maintenance: Could not connect to the database.*\n$/);
    expect(stderr).not.toContain('hidden-word');
  });
});
