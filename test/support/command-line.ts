import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a call of the command line ended. */
export interface FinishedCall {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line to its end, with nothing in its environment but what it needs: its source, in this process, which takes a tenth
 * of the time and is where coverage is counted. `TENXYTE_TEST_COMMAND_LINE=built` has the built one run instead, whoever calls.
 */
export async function runCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<FinishedCall> {
  if (process.env['TENXYTE_TEST_COMMAND_LINE'] === 'built') {
    return runInOwnProcess(args, env);
  }
  const { runInThisProcess } = await import('./in-process-command-line.js');
  return runInThisProcess(args, env);
}

/** As {@link runCommandLine}, always the built one: for what only a process of its own shows, and once for each command and exit code. */
export async function runInOwnProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<FinishedCall> {
  return new RunningCall(args, env, folder).finished;
}

/** The built command line at work in a process of its own. */
export class RunningCall {
  public readonly finished: Promise<FinishedCall>;
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private errors = '';
  private output = '';

  public constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, folder?: string) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.finished = this.collect();
  }

  public kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until standard error holds a text; throws when the process ends without it. */
  public async saysOnStderr(expected: string): Promise<void> {
    await this.says(this.child.stderr, () => this.errors, expected);
  }

  /** As {@link saysOnStderr}, of standard output. */
  public async saysOnStdout(expected: string): Promise<void> {
    await this.says(this.child.stdout, () => this.output, expected);
  }

  private async says(stream: Readable, written: () => string, expected: string): Promise<void> {
    let hasEnded = false;
    const ended = this.finished.then(() => {
      hasEnded = true;
    });
    while (!written().includes(expected)) {
      if (hasEnded) {
        throw new Error(`The command line ended without saying ${JSON.stringify(expected)}: ${this.errors}`);
      }
      await Promise.race([once(stream, 'data'), ended]);
    }
  }

  private async collect(): Promise<FinishedCall> {
    const closed = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const [stdout, [exitCode, signal]] = await Promise.all([text(this.child.stdout), closed]);
    return { exitCode, signal, stdout, stderr: this.errors };
  }
}

/** Writes config files for the file's tests and removes them afterwards; answers how to write one. */
export function useConfigFiles(): (source: string) => string {
  let directory = '';
  let count = 0;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tenxyte-config-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (source) => {
    count += 1;
    const file = join(directory, `config-${count}.mjs`);
    writeFileSync(file, source);
    return file;
  };
}
