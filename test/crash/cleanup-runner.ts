import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CleanupReport, CleanupRequest, TenxyteMaintenanceOptions } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { TIMEOUT_MS } from '../support/patience.js';
import type { TestDatabase } from '../support/test-database.js';

const PROGRAM = fileURLToPath(new URL('cleanup-process.mjs', import.meta.url));

/** What a runner tells: see cleanup-process.mjs. */
type Word =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly rows: number }
  | { readonly kind: 'ended'; readonly report: CleanupReport };

/** A process that is booted, does one cleanup when it is told to, and is killed. */
export class CleanupRunner {
  private static count = 0;
  /** Rows that it said are deleted; 0 until it said so. */
  public toldRows = 0;
  /** Its report, if it came that far. */
  public report: CleanupReport | undefined;
  private readonly name = `cleanup-runner-${(CleanupRunner.count += 1)}`;
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private isReady = false;

  public constructor(
    private readonly database: TestDatabase,
    options: TenxyteMaintenanceOptions,
  ) {
    this.child = spawn(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PGAPPNAME: this.name,
        DATABASE_URL: database.url,
        CLEANUP_OPTIONS: JSON.stringify(options),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child.on('message', (word: Word) => {
      this.isReady ||= word.kind === 'ready';
      this.toldRows = word.kind === 'progress' ? word.rows : this.toldRows;
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

  /** Cleans to the end. */
  public async clean(request: CleanupRequest): Promise<void> {
    this.child.send(request);
    await this.tells(Infinity);
  }

  /** Begins to clean, and is killed so long after it told of so many rows, or its report. */
  public async cleanAndDie(
    request: CleanupRequest,
    { toldRows, thenMs }: { readonly toldRows: number; readonly thenMs: number },
  ): Promise<void> {
    this.child.send(request);
    await this.tells(toldRows);
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

  private async tells(rows: number): Promise<void> {
    while (this.toldRows < rows && this.report === undefined) {
      await once(this.child, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    }
  }
}
