import { describe, expect, it } from '@jest/globals';
import type { CleanupReport } from '../../src/index.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useHost } from './support/host.js';
import { run } from './support/run.js';

describe.each([
  ['NestJS 12 and TypeORM 1', 'examples/host-app'],
  ['NestJS 11 and TypeORM 0.3', 'test/package/nest11-host'],
])('the installed command beside %s', (_, application) => {
  const database = useTestDatabase();
  const host = useHost(application);

  it('shows its help', async () => {
    const { exitCode, stdout, stderr } = await run(host.bin('tenxyte-maintenance'), ['--help'], {
      cwd: host.directory,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Usage: tenxyte-maintenance');
  });

  it('counts what a cleanup would delete', async () => {
    await insertReferences(database);
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }, {}]);

    const { exitCode, stdout } = await run(host.bin('tenxyte-maintenance'), ['cleanup', '--dry-run', '--json'], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout) as CleanupReport).toMatchObject({ task: 'cleanup', status: 'succeeded', rows: 1 });
  });
});
