import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CleanupReport } from '../../src/index.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useHost } from './support/host.js';
import { REPOSITORY } from './support/repository.js';
import { runNode } from './support/run.js';

const TSC = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');

describe('the example application on the packed package', () => {
  const database = useTestDatabase();
  const host = useHost('examples/host-app');

  beforeAll(async () => {
    await insertReferences(database);
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }, { expires_at: '-infinity' }, {}]);
  });

  it('compiles, counts what is due and deletes nothing', async () => {
    const compiled = await runNode([TSC], { cwd: host.directory });
    expect(compiled).toEqual({ exitCode: 0, stdout: '', stderr: '' });

    const { exitCode, stdout, stderr } = await runNode([join('dist', 'main.js')], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report = JSON.parse(stdout.slice(stdout.indexOf('{\n'))) as CleanupReport;
    expect(report).toMatchObject({ task: 'cleanup', status: 'succeeded', dryRun: true, rows: 2 });
    expect(report.targets.find(({ name }) => name === 'blacklisted_tokens')).toMatchObject({ rows: 2 });
    expect(await database.query('select id from blacklisted_tokens')).toHaveLength(3);

    const main = join(host.packageDirectory, 'dist', 'cli', 'main.js');
    const args = ['cleanup', '--dry-run', '--json', '--app', join('dist', 'maintenance.module.js')];
    const called = await runNode([main, ...args], { cwd: host.directory, env: { DATABASE_URL: database.url } });
    expect(called).toMatchObject({ exitCode: 0, stderr: '' });
    const counted = JSON.parse(called.stdout) as CleanupReport;
    expect(counted.rows).toBe(2);
    expect(counted.targets.find(({ name }) => name === 'audit_logs')).toMatchObject({ retentionDays: 730 });
    const byDefaults = await runNode([main, 'cleanup'], { cwd: host.directory, env: { DATABASE_URL: database.url } });
    expect(byDefaults.exitCode).toBe(2);
  });
});
