import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningCall, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const NOWHERE = { DATABASE_URL: 'postgres://nobody:hidden-word@127.0.0.1:1/nowhere' };
/** Told on standard error by what a call waits for. */
const WAITING = 'waiting';

const configFile = useConfigFiles();
const database = useTestDatabase();

describe('a config file that never settles', () => {
  it.each([
    ['a top-level await', 'await new Promise(() => {}); export default {};'],
    ['an exported promise', 'export default () => new Promise(() => {});'],
  ])('ends with 1 and a sentence: %s', async (_, source) => {
    const file = configFile(source);
    const message = `Nothing was left to wait for before the command had ended, while loading the config file ${file}: a promise there never settles.`;
    const { exitCode, stdout, stderr } = await runInOwnProcess(['cleanup', '--json', '--config', file], NOWHERE);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `tenxyte-maintenance: ${message}\n` });
    expect(JSON.parse(stdout)).toEqual({
      task: 'cleanup',
      status: 'failed',
      error: { code: 'NEVER_SETTLED', message, retryable: false },
    });
  });
});

describe('a config file that ends the process', () => {
  it('does not make it a success', async () => {
    const file = configFile('process.exit(0)');
    expect(await runInOwnProcess(['cleanup', '--config', file], NOWHERE)).toMatchObject({
      exitCode: 1,
      stderr: 'tenxyte-maintenance: The process was told to exit before the command had ended.\n',
    });
  });
});

describe('an error that nobody caught', () => {
  it.each([
    ['in a timer', "setTimeout(() => { throw new Error('boom'); }, 1);"],
    ['in a promise', "void Promise.reject(new Error('boom'));"],
  ])('ends the command with 1, a sentence and a document: %s', async (_, source) => {
    const file = configFile(
      `${source} await new Promise((resolve) => setTimeout(resolve, 60_000)); export default {};`,
    );
    const { exitCode, stdout, stderr } = await runInOwnProcess(['cleanup', '--json', '--config', file], NOWHERE);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `tenxyte-maintenance: An error that nobody caught (boom): stopped while loading the config file ${file}; nothing was touched.\n`,
    });
    expect(JSON.parse(stdout)).toMatchObject({ task: 'cleanup', error: { code: 'INTERRUPTED' } });
  });
});

describe('a signal', () => {
  let silent: Server;
  let connected: Promise<void>;
  beforeAll(async () => {
    let onConnection: () => void;
    connected = new Promise((resolve) => (onConnection = resolve));
    silent = createServer((socket) => {
      socket.on('error', () => undefined);
      onConnection();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    silent.close();
  });

  const WAITS = `process.stderr.write('${WAITING}'); setInterval(() => {}, 1000); await new Promise(() => {}); export default {};`;

  it.each([
    ['cleanup', 'SIGTERM'],
    ['doctor', 'SIGINT'],
    ['status', 'SIGTERM'],
    ['history', 'SIGINT'],
    ['migrate', 'SIGTERM'],
  ] as const)('ends %s while its config file is loaded, with 6 and a sentence: %s', async (command, signal) => {
    const file = configFile(WAITS);
    const call = new RunningCall([command, '--json', '--config', file], NOWHERE);
    await call.saysOnStderr(WAITING);
    call.kill(signal);
    const { exitCode, stdout, stderr } = await call.finished;
    expect({ exitCode, stderr: stderr.replace(WAITING, '') }).toEqual({
      exitCode: 6,
      stderr: `tenxyte-maintenance: ${signal}: stopped while loading the config file ${file}; nothing was touched.\n`,
    });
    expect(JSON.parse(stdout)).toMatchObject({ task: command, status: 'stopped', error: { code: 'INTERRUPTED' } });
  });

  it('ends a command that waits for its connection', async () => {
    const { port } = silent.address() as AddressInfo;
    const call = new RunningCall(['status'], {
      DATABASE_URL: `postgres://nobody:hidden-word@127.0.0.1:${port}/nowhere`,
    });
    await connected;
    call.kill('SIGTERM');
    expect(await call.finished).toMatchObject({
      exitCode: 6,
      stderr:
        'tenxyte-maintenance: SIGTERM: stopped while starting and connecting to the database; nothing was touched.\n',
    });
  });

  it('ends a cleanup that waits for the retention provider', async () => {
    const file = configFile(`export default { retention: { useFactory: () => ({ getRetention() {
      process.stderr.write('${WAITING}');
      return new Promise(() => {});
    } }) } };`);
    const call = new RunningCall(['cleanup', '--config', file], { DATABASE_URL: database.url });
    await call.saysOnStderr(WAITING);
    call.kill('SIGTERM');
    const { exitCode, stderr } = await call.finished;
    expect(exitCode).toBe(6);
    expect(stderr).toContain('tenxyte-maintenance: The run was asked to stop; the next run goes on.\n');
  });

  const hasNamespaces = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

  /** For the first process of a container no signal has an effect of its own. Only Linux, and only a privileged user, can start one. */
  (hasNamespaces ? it : it.skip)('ends the first process of a container, the second one at once', async () => {
    const file = configFile(WAITS);
    const child = spawn(
      'unshare',
      ['--pid', '--fork', '--mount-proc', process.execPath, MAIN, 'status', '--config', file],
      { env: { PATH: process.env['PATH'], ...NOWHERE }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const says = async (text: string): Promise<void> => {
      while (!said.includes(text)) {
        await once(child.stderr, 'data');
      }
    };
    await says(WAITING);
    const first = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
    process.kill(first, 'SIGTERM');
    // It waits for a second for what may still hold it.
    await says('nothing was touched');
    process.kill(first, 'SIGTERM');
    expect(await ended).toBe(128 + 15);
  });
});

describe('output that cannot be written', () => {
  async function withOutput(args: readonly string[], descriptors: readonly [number | 'pipe', number | 'pipe']) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'], DATABASE_URL: database.url },
      stdio: ['ignore', ...descriptors],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout?.destroy();
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { exitCode, stderr };
  }

  const runs = () => database.query('select status from tenxyte_maintenance.runs');

  (existsSync('/dev/full') ? it : it.skip)('on a full disk leaves the run done and recorded, and exits 3', async () => {
    const full = openSync('/dev/full', 'w');
    const sentence =
      'tenxyte-maintenance: The report could not be written to standard output: ENOSPC: no space left on device, write.\n';
    expect(await withOutput(['cleanup'], [full, 'pipe'])).toEqual({ exitCode: 3, stderr: sentence });
    expect(await runs()).toEqual([{ status: 'succeeded' }]);
    expect(await withOutput(['--help'], [full, 'pipe'])).toEqual({ exitCode: 3, stderr: sentence });
    expect(await withOutput(['status', '--limit'], [full, full])).toMatchObject({ exitCode: 2 });
    closeSync(full);
  });

  it('as the reader has left is no failure', async () => {
    expect(await withOutput(['cleanup', '--json'], ['pipe', 'pipe'])).toEqual({ exitCode: 0, stderr: '' });
  });

  it('of a config file goes to standard error, and leaves the document alone', async () => {
    const file = configFile(`import { stdout } from 'node:process'; import own from 'node:console';
      process.stdout.write('one\\n'); stdout.write('two\\n'); own.log('three'); console.log('four');
      export default {};`);
    const { stdout, stderr } = await runInOwnProcess(['status', '--json', '--config', file], {
      DATABASE_URL: database.url,
    });
    expect(JSON.parse(stdout)).toMatchObject({ tasks: expect.any(Array) as unknown });
    expect(stderr).toBe('one\ntwo\nthree\nfour\n');
  });
});
