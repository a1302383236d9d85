import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { ObservedRun } from '../contract/observed-run.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';
import { type BusyTask, newRunOwner, type RunClaim, type RunTrigger } from '../contract/run-record.js';
import { reportedError, type TaskReport } from '../contract/task-report.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Instant } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import { RunInstrumentation } from '../telemetry/run-instrumentation.js';
import { TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { ActiveRun } from './active-run.js';
import { ActiveRuns } from './active-runs.js';
import { observedRun, RunRecorder } from './runs/run-recorder.js';
import { RunsSchema } from './runs/runs-schema.js';
import { RunsTable } from './runs/runs-table.js';

/** What a task does in one run. */
export type TaskWork<Report extends TaskReport> = (run: ActiveRun) => Promise<Report>;

/** A run that somebody starts by hand. */
export interface ManualRun<Report extends TaskReport> {
  readonly task: string;
  /** A dry run changes nothing: it needs no claim and leaves no record. */
  readonly isDryRun: boolean;
  readonly signal: AbortSignal | undefined;
  readonly work: TaskWork<Report>;
  /** The report of a run that cannot be, as another one of its task goes on. */
  readonly refused: (refusal: RunRefusal) => Report;
}

/** Why a run was not started. */
export interface RunRefusal {
  readonly runId: string;
  readonly runAt: string;
  readonly error: { readonly code: 'ALREADY_RUNNING'; readonly message: string };
}

/** Claims a run, lets the task work and records how it ended. */
@Injectable()
export class TaskRunner {
  private readonly owner = newRunOwner();

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunRecorder) private readonly recorder: RunRecorder,
    @Inject(RunInstrumentation) private readonly watch: RunInstrumentation,
  ) {}

  /**
   * Runs a task now. When another run of it goes on, this one is refused with a report of status `skipped`.
   *
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables; nothing was touched
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {ShuttingDownError} once the application shuts down
   * @throws {RunsSchemaError} when the run cannot be recorded
   */
  public async runByHand<Report extends TaskReport>(manual: ManualRun<Report>): Promise<Report> {
    if (this.activeRuns.closingSignal.aborted) {
      throw new ShuttingDownError(manual.task);
    }
    return this.activeRuns.track(manual.isDryRun ? this.runUnrecorded(manual) : this.runRecorded(manual));
  }

  /** The database's time now, for the report of a run that was not started. */
  public async now(): Promise<Instant> {
    return withQueryRunner(this.dataSource, (queryRunner) => this.clock.now(queryRunner));
  }

  /** A claim for a run of this process. */
  public claimFor(task: string, trigger: RunTrigger, slot: Date | null): RunClaim {
    return { runId: randomUUID(), task, slot, trigger, owner: this.owner };
  }

  /** Works under a claim that was granted and records the end, whatever it is. */
  public async runClaimed<Report extends TaskReport>(
    claim: RunClaim,
    signal: AbortSignal | undefined,
    work: TaskWork<Report>,
  ): Promise<Report> {
    const run = this.newRun(claim.runId, this.options.coordination.leaseSeconds * 1000);
    run.follow(signal);
    return this.activeRuns.during(run, async () => {
      this.recorder.begin(claim);
      try {
        const report = await this.watch.during(observedRun(claim), () => work(run));
        await this.recorder.end(claim, { status: report.status, report, error: report.error ?? null });
        return report;
      } catch (error) {
        await this.recorder.end(claim, { status: 'failed', report: null, error: reportedError(error) });
        throw error;
      }
    });
  }

  private async runUnrecorded<Report extends TaskReport>({ task, signal, work }: ManualRun<Report>): Promise<Report> {
    await this.preflight();
    const run = this.newRun(randomUUID(), undefined);
    const observed: ObservedRun = { task, runId: run.runId, trigger: this.byHand, slot: null, isDryRun: true };
    run.follow(signal);
    return this.activeRuns.during(run, () => this.watch.during(observed, () => work(run)));
  }

  private async runRecorded<Report extends TaskReport>(manual: ManualRun<Report>): Promise<Report> {
    const { task, signal, work, refused } = manual;
    await this.preflight();
    await this.schema.ensure();
    const claim = this.claimFor(task, this.byHand, null);
    const outcome = await this.table.claim(claim);
    if (outcome.kind !== 'busy') {
      return this.runClaimed(claim, signal, work);
    }
    const report = refused({ runId: claim.runId, ...refusal(task, outcome) });
    this.recorder.skipped(claim, { report, error: report.error ?? null });
    return report;
  }

  private get byHand(): RunTrigger {
    return this.environment === 'command-line' ? 'cli' : 'manual';
  }

  /** Before this package's own schema is created: a wrong database is left as it is. */
  private async preflight(): Promise<void> {
    await withQueryRunner(this.dataSource, async (queryRunner) => {
      await this.clock.now(queryRunner);
      await this.presence.assert(queryRunner);
    });
  }

  private newRun(runId: string, leaseMs: number | undefined): ActiveRun {
    const { shutdownTimeoutMs } = this.options.coordination;
    const renew: ConstructorParameters<typeof ActiveRun>[0]['renew'] = (queryRunner) =>
      this.table.renew(runId, queryRunner);
    return new ActiveRun({ dataSource: this.dataSource, runId, leaseMs, shutdownTimeoutMs, renew });
  }
}

function refusal(task: string, { other, at }: BusyTask): Omit<RunRefusal, 'runId'> {
  const message =
    `${task} is running already (run ${other.runId} of ${other.owner} since ${other.startedAt}): ` +
    'this run was not started';
  return { runAt: at, error: { code: 'ALREADY_RUNNING', message } };
}
