import { beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const ESCAPE = '\u001B';

/** In this process, as only a stand-in can be a terminal here. */
describe('the command line on a terminal', () => {
  const database = useTestDatabase();

  beforeAll(async () => {
    await insertReferences(database);
    await insertRows(database, 'otp_codes', [{ is_used: true }]);
  });

  async function dryRun(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const stdout = new FakeTerminal();
    const stderr = new FakeTerminal();
    const environment = { DATABASE_URL: database.url, ...env };
    const exitCode = await runCommandLine({
      args: ['cleanup', '--dry-run', ...args],
      env: environment,
      stdout,
      stderr,
    });
    return { exitCode, stdout: stdout.written, stderr: stderr.written };
  }

  it('draws progress on standard error and a coloured table on standard output', async () => {
    const { exitCode, stdout, stderr } = await dryRun([]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/otp_codes .* 100% {2}1 row {2}done/);
    expect(stdout).toContain(`${ESCAPE}[32msucceeded${ESCAPE}[39m`);
  });

  it('has no colour with NO_COLOR', async () => {
    expect((await dryRun([], { NO_COLOR: '1' })).stdout).not.toContain(ESCAPE);
  });

  it('draws nothing with --json', async () => {
    const { stdout, stderr } = await dryRun(['--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ rows: 1 });
  });

  it('listens to signals only while it works', async () => {
    const before = process.listenerCount('SIGTERM');
    await dryRun([]);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
