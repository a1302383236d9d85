import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { TIMEOUT_MS } from '../support/patience.js';
import type { TestDatabase } from '../support/test-database.js';

const PROGRAM = fileURLToPath(new URL('killable-process.mjs', import.meta.url));

/** What a runner tells: see killable-process.mjs. */
type Word<Report> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly told: number; readonly written: number }
  | { readonly kind: 'ended'; readonly report: Report };

/** A process that is booted, does one run when it is told to, and is killed. */
export class KillableRunner<Request extends object, Report> {
  private static count = 0;
  /** How far it said it is: see killable-process.mjs; 0 until it said so. */
  public told = 0;
  /** Secrets that it said are written. */
  public toldWritten = 0;
  /** Its report, if it came that far. */
  public report: Report | undefined;
  private readonly name = `killable-runner-${(KillableRunner.count += 1)}`;
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private isReady = false;

  public constructor(
    private readonly database: TestDatabase,
    method: 'cleanup' | 'rotateTotpKeys',
    options: TenxyteMaintenanceOptions,
  ) {
    this.child = spawn(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PGAPPNAME: this.name,
        DATABASE_URL: database.url,
        RUNNER_METHOD: method,
        RUNNER_OPTIONS: JSON.stringify(options),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child.on('message', (word: Word<Report>) => {
      this.isReady ||= word.kind === 'ready';
      this.told = word.kind === 'progress' ? word.told : this.told;
      this.toldWritten = word.kind === 'progress' ? Math.max(word.written, this.toldWritten) : this.toldWritten;
      this.report = word.kind === 'ended' ? word.report : this.report;
    });
    // What it told stands in the channel even after it was killed.
    this.closed = Promise.all([once(this.child, 'exit'), once(this.child, 'disconnect')]);
  }

  /** As the owner of a run names it. */
  public get pid(): number {
    return this.child.pid ?? 0;
  }

  public async ready(): Promise<void> {
    await eventually(async () => this.isReady);
  }

  /** Runs to the end. */
  public async run(request: Request): Promise<void> {
    this.child.send(request);
    await this.tells(Infinity);
  }

  /** Begins, and is killed so long after it told that it is so far, or its report. */
  public async runAndDie(
    request: Request,
    { told, thenMs }: { readonly told: number; readonly thenMs: number },
  ): Promise<void> {
    this.child.send(request);
    await this.tells(told);
    await delay(thenMs);
    await this.die();
  }

  public kill(): void {
    this.child.kill('SIGKILL');
  }

  /** As {@link kill}; resolves once the server has noticed, and has done or undone what it was sent. */
  public async die(): Promise<void> {
    this.kill();
    await this.closed;
    await eventually(async () => {
      const sessions = await this.database.query('select 1 from pg_stat_activity where application_name = $1', [
        this.name,
      ]);
      return sessions.length === 0;
    });
  }

  private async tells(told: number): Promise<void> {
    while (this.told < told && this.report === undefined) {
      await once(this.child, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    }
  }
}
