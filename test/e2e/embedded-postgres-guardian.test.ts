import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/embedded-postgres/fixtures/eventually.js';
import { LaunchingProcess, type Behaviour } from '../support/embedded-postgres/fixtures/launching-process.js';
import { query } from '../support/embedded-postgres/fixtures/query.js';
import { isRunning } from '../support/embedded-postgres/fixtures/running-process.js';

/** Where the servers of launching processes live; anybody may enter it, so that they run as an unprivileged user. */
let temporaryDirectory: string;

beforeEach(() => {
  temporaryDirectory = mkdtempSync(join(tmpdir(), 'launching-process-'));
  chmodSync(temporaryDirectory, 0o755);
});

afterEach(() => {
  rmSync(temporaryDirectory, { recursive: true, force: true });
});

describe('the process that launched a server', () => {
  let launching: LaunchingProcess | undefined;

  function launchWith(behaviour: Behaviour): LaunchingProcess {
    launching = new LaunchingProcess(temporaryDirectory, behaviour);
    return launching;
  }

  /** The directories of servers; the TypeScript loader keeps its cache beside them. */
  function workspaces(): readonly string[] {
    const names = readdirSync(temporaryDirectory).filter((name) => name.startsWith('embedded-postgres-'));
    return names.map((name) => join(temporaryDirectory, name));
  }

  function hasNoWorkspace(): boolean {
    return workspaces().length === 0;
  }

  afterEach(async () => {
    await launching?.end('SIGKILL');
    launching = undefined;
    await eventually('the server has no directory', hasNoWorkspace);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing behind after %s', async (signal) => {
    const doomed = launchWith('hold');
    const { url, dataDirectory, postmasterPid } = await doomed.server();
    expect(dataDirectory.startsWith(temporaryDirectory)).toBe(true);
    expect(await query(url, 'select 1')).toEqual([[1]]);

    await doomed.end(signal);

    expect(await doomed.exit).toBe(`signal ${signal}`);
    await eventually('the postmaster is gone', () => !isRunning(postmasterPid));
    await eventually('the server has no directory', hasNoWorkspace);
  });

  it.each([
    ['ends without stopping it', 'end', 'exit code 0'],
    ['stops it', 'stop', 'exit code 0'],
    ['fails with an uncaught error', 'fail', 'exit code 1'],
  ] as const)('leaves nothing behind when it %s', async (_, behaviour, exit) => {
    const ending = launchWith(behaviour);
    const { postmasterPid } = await ending.server();

    expect(await ending.exit).toBe(exit);
    await eventually('the postmaster is gone', () => !isRunning(postmasterPid));
    await eventually('the server has no directory', hasNoWorkspace);
  });

  it('leaves nothing behind when it is killed while initdb runs', async () => {
    const doomed = launchWith('hold');
    await eventually('initdb is at work', () => initdbPids().length === 1);
    const pids = initdbPids();

    await doomed.end('SIGKILL');

    await eventually('initdb is gone', () => !pids.some(isRunning));
    await eventually('the server has no directory', hasNoWorkspace);
  });

  it('is told the end of the log of a server that does not start, of which nothing is left', async () => {
    const { exit, errorOutput } = launchWith('misconfigure');

    expect(await exit).toBe('exit code 1');
    expect(await errorOutput).toContain('invalid value for parameter "shared_buffers": "plenty"');
    expect(hasNoWorkspace()).toBe(true);
  });

  /** The pids entered in the only workspace, once initdb has begun to fill the data directory. */
  function initdbPids(): readonly number[] {
    const workspace = workspaces()[0];
    const isAtWork = workspace !== undefined && existsSync(join(workspace, 'data', 'base'));
    return isAtWork ? readdirSync(join(workspace, 'processes')).map(Number) : [];
  }
});
