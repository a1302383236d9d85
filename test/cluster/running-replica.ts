import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TenxyteMaintenanceModule } from '../../src/index.js';
import { StoppedProcess } from './stopped-process.js';
import { within } from './within.js';

/** What the server knows the connections of a replica by. */
export const APPLICATION_NAME = 'replica';

const PROGRAM = fileURLToPath(new URL('replica.mjs', import.meta.url));
/** Twenty that start at once share the processors. */
const PATIENCE_SECONDS = 90;

/** Not an error: `cron` says so on standard error whenever a busy machine is a millisecond late. */
const LATE_TIMER = /^\[Cron\] Missed execution deadline by \d+ms .* Executing immediately\.$/;

/** What a replica tells: see replica.mjs. */
export interface Word {
  readonly kind: 'loaded' | 'ready' | 'started' | 'finished' | 'stopping';
  readonly runId?: string;
  readonly task?: string;
  readonly slot?: string;
}

/** Options of the module, as JSON can say them. */
export type ReplicaOptions = Parameters<typeof TenxyteMaintenanceModule.forRoot>[0];

/** What a test may have otherwise in a replica's process. */
export interface ReplicaProcess {
  /** What the server knows its connections by. @default APPLICATION_NAME */
  readonly applicationName?: string;
  /** Modules, by path, that are loaded before the program. */
  readonly preload?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Is given each message of the process as it comes. */
  readonly onMessage?: (message: unknown) => void;
}

/** A Nest application in a process of its own, which ends with this process, however that ends. */
export class RunningReplica {
  /** What it told, in order. */
  public readonly words: Word[] = [];
  /** Its log, errors included. */
  public log = '';
  /** Resolves with how it ended: an exit code or the name of a signal. */
  public readonly ended: Promise<number | NodeJS.Signals | null>;
  private readonly child: ChildProcess;
  private errorOutput = '';
  private stopped: StoppedProcess | undefined;

  public constructor(
    url: string,
    options: ReplicaOptions,
    { applicationName = APPLICATION_NAME, preload = [], environment, onMessage }: ReplicaProcess = {},
  ) {
    this.child = spawn(process.execPath, [...preload.flatMap((path) => ['--import', path]), PROGRAM], {
      env: {
        PATH: process.env['PATH'] ?? '',
        NO_COLOR: '1',
        PGAPPNAME: applicationName,
        DATABASE_URL: url,
        MAINTENANCE_OPTIONS: JSON.stringify(options),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.on('message', (word: Word) => this.words.push(word));
    if (onMessage !== undefined) {
      this.child.on('message', onMessage);
    }
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
      this.errorOutput += chunk.toString();
    });
    this.ended = once(this.child, 'close').then(() => this.child.exitCode ?? this.child.signalCode);
  }

  /** The lines on its standard error. */
  public get errors(): string[] {
    return this.errorOutput.split('\n').filter((line) => line !== '' && !LATE_TIMER.test(line));
  }

  public get pid(): number {
    return this.child.pid ?? 0;
  }

  public get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until it told something; throws with its standard error when it ends first. */
  public async tells(kind: Word['kind']): Promise<void> {
    await within(PATIENCE_SECONDS, `a replica is ${kind}`, async () => {
      const isTold = this.words.some((word) => word.kind === kind);
      if (!isTold && !this.isRunning) {
        throw new Error(`A replica ended (${await this.ended}) before it was ${kind}: ${this.errorOutput}`);
      }
      return isTold;
    });
  }

  /** Lets it boot, once its code is loaded, and waits until it is ready. */
  public async boot(): Promise<void> {
    this.child.send('boot');
    await this.tells('ready');
  }

  /** SIGTERM, as an orchestrator sends it; waits for the end. */
  public async terminate(): Promise<number | NodeJS.Signals | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  /** SIGKILL, also where it is stopped; waits for the end. */
  public async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.continue();
    await this.ended;
  }

  /** SIGSTOP. */
  public stop(): void {
    this.stopped = new StoppedProcess(this.pid);
  }

  /** SIGCONT. */
  public async continue(): Promise<void> {
    await this.stopped?.continue();
    this.stopped = undefined;
  }
}
