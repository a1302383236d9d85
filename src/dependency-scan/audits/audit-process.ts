import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { withoutPrototype } from '../../validation/own-properties.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import type { AuditOutput } from './package-audit.js';

/** Ten times the report of the largest trees. */
const MAX_STDOUT_BYTES = 32 * 1024 * 1024;
const KEPT_LOG_BYTES = 256 * 1024;
/** A process that left the group may hold the pipes of one that has ended. */
const PIPES_GRACE_MS = 1_000;

/** A call of a package manager. */
interface AuditCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a package manager to its end, without a shell, in a process group of its own. The whole group is killed when the time is over or the
 * signal aborts, when it prints too much, and when the manager has ended without all of its children.
 *
 * @returns undefined when the signal ended it
 * @throws {ScanUnknownError} when it cannot be started, does not end in time, is killed by somebody else or prints too much
 */
export async function runAuditProcess(call: AuditCall): Promise<AuditOutput | undefined> {
  const { signal } = call;
  return signal?.aborted === true ? undefined : new AuditProcess(call).ended;
}

class AuditProcess {
  public readonly ended: Promise<AuditOutput | undefined>;
  private readonly child: Child;
  private readonly stdout: Buffer[] = [];
  private stdoutBytes = 0;
  private log = Buffer.alloc(0);
  private failure: ScanUnknownError | undefined;
  private isStopped = false;

  public constructor(private readonly call: AuditCall) {
    const { command, args, cwd, env } = call;
    this.child = spawn(command, args, {
      cwd,
      env,
      // A group of its own, which can be killed as a whole and does not hear the terminal's Ctrl-C.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.log = Buffer.concat([this.log, chunk]).subarray(-KEPT_LOG_BYTES);
    });
    this.ended = this.untilEnded();
  }

  private async untilEnded(): Promise<AuditOutput | undefined> {
    const { signal, timeoutMs, command } = this.call;
    const timer = setTimeout(() => {
      this.fail(`${command} audit did not end within ${timeoutMs / 1000} s and was killed`);
    }, timeoutMs);
    signal?.addEventListener('abort', this.stop, withoutPrototype({ once: true }));
    // Whoever ends this process by process.exit() leaves nothing behind either.
    process.once('exit', this.kill);
    try {
      return this.outcome(await this.closed());
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', this.stop);
      process.off('exit', this.kill);
    }
  }

  private closed(): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
    return new Promise((resolve) => {
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        this.failure ??= startFailure(this.call.command, error);
        resolve({ exitCode: null, signal: null });
      });
      let pipesTimer: NodeJS.Timeout | undefined;
      this.child.once('exit', () => {
        this.kill();
        pipesTimer = setTimeout(() => this.closePipes(), PIPES_GRACE_MS);
      });
      this.child.once('close', (exitCode, signal) => {
        clearTimeout(pipesTimer);
        resolve({ exitCode, signal });
      });
    });
  }

  private outcome({ exitCode, signal }: Awaited<ReturnType<AuditProcess['closed']>>): AuditOutput | undefined {
    if (this.isStopped) {
      return undefined;
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
    if (signal !== null) {
      throw new ScanUnknownError(`${this.call.command} audit was killed by ${signal}`);
    }
    return { exitCode, stdout: Buffer.concat(this.stdout).toString('utf8'), log: this.log.toString('utf8') };
  }

  private take(chunk: Buffer): void {
    this.stdoutBytes += chunk.length;
    if (this.stdoutBytes > MAX_STDOUT_BYTES) {
      this.fail(`${this.call.command} audit printed more than ${MAX_STDOUT_BYTES / 1024 / 1024} MiB and was killed`);
      return;
    }
    this.stdout.push(chunk);
  }

  private fail(reason: string): void {
    this.failure ??= new ScanUnknownError(reason);
    this.kill();
  }

  private readonly stop = (): void => {
    this.isStopped = true;
    this.kill();
  };

  /** Without a chance to clean up: an audit changes nothing, and a child that does not listen would outlive the run. */
  private readonly kill = (): void => {
    const { pid } = this.child;
    if (pid === undefined) {
      return;
    }
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left.
    }
  };

  private closePipes(): void {
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }
}

function startFailure(command: string, { code }: NodeJS.ErrnoException): ScanUnknownError {
  return new ScanUnknownError(
    code === 'ENOENT'
      ? `${command} is not on the PATH of this process`
      : `${command} could not be started (${code ?? 'no error code'})`,
  );
}
