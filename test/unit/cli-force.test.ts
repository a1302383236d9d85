import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const UNREACHABLE = { DATABASE_URL: 'postgres://nobody:hidden-word@127.0.0.1:1/nowhere' };

/** What a person types. */
function keyboard(text: string | null): PassThrough & { readonly isTTY: boolean } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(text ?? '');
  return stdin;
}

async function forced(command: string, stdin: PassThrough | undefined, ...flags: string[]) {
  const stderr = new FakeTerminal();
  const io = { env: { ...UNREACHABLE, TENXYTE_TOTP_ENCRYPTION_KEY: 'k' }, stdout: new FakeTerminal(), stderr };
  const args = [command, '--force', ...flags];
  const exitCode = await runCommandLine({ args, ...io, ...(stdin === undefined ? {} : { stdin }) });
  return { exitCode, stderr: stderr.written };
}

it('asks no longer once a signal ends the call', async () => {
  const stop = new AbortController();
  const [stdout, stderr] = [new FakeTerminal(), new FakeTerminal()];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const signals = { stop: stop.signal, idle: new AbortController().signal };
  const call = runCommandLine({ args: ['cleanup', '--force'], env: UNREACHABLE, stdin, stdout, stderr, signals });
  while (!stderr.written.includes('Go on?')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  stop.abort('SIGINT');
  expect(await call).toBe(6);
  expect(stderr.written).toMatch(
    /\[y\/N\] \ntenxyte-maintenance: SIGINT: stopped while asking whether --force is meant/,
  );
});

describe.each(['cleanup', 'rotate-totp-key'])('%s --force', (command) => {
  it.each(['n\n', '\n', 'whatever\n', null])('goes no further on a terminal where the answer is %j', async (answer) => {
    const { exitCode, stderr } = await forced(command, keyboard(answer));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/--force: (delete|go back)/);
    expect(stderr).toMatch(/Go on\? \[y\/N\] tenxyte-maintenance: --force was not confirmed, nothing was touched\.\n$/);
  });

  it.each(['y\n', 'Yes\n'])('goes on where it is %j', async (answer) => {
    const { stderr } = await forced(command, keyboard(answer));
    expect(stderr).not.toContain('not confirmed');
    expect(stderr).toMatch(/Could not connect|TENXYTE_TOTP_ENCRYPTION_KEY/);
  });

  it.each([
    ['--yes', keyboard(null), ['--yes']],
    ['a dry run', keyboard(null), ['--dry-run']],
    ['a script', new PassThrough(), []],
    ['no keyboard', undefined, []],
  ] as const)('asks nobody with %s', async (_, stdin, flags) => {
    const { stderr } = await forced(command, stdin, ...flags);
    expect(stderr).not.toContain('Go on?');
    expect(stderr).toMatch(/Could not connect|TENXYTE_TOTP_ENCRYPTION_KEY/);
  });
});
