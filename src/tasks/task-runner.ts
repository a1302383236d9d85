import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { attributionOf } from '../contract/attribution.js';
import type { MaintenanceTask, TaskRequest, TaskResult } from '../contract/maintenance-task.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';
import { type GrantedClaim, isByHand, type RunClaim, type RunTrigger } from '../contract/run-record.js';
import { type ReportedError, reportedError, type TaskReport } from '../contract/task-report.js';
import { BRIEF_READING } from '../database/brief-statement.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Instant } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { inTransaction } from '../database/short-transaction.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { RunInstrumentation } from '../telemetry/run-instrumentation.js';
import { TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { ActiveRun } from './active-run.js';
import { ActiveRuns } from './active-runs.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from './coordination-settings.js';
import { inTime } from './in-time.js';
import { RunPings } from './ping/run-pings.js';
import { PolicyWatch } from './policy/policy-watch.js';
import { RunClaims } from './run-claims.js';
import { endOf, skippedReport, stopOf, whyNotMade } from './run-endings.js';
import { runEvent, RunRecorder } from './runs/run-recorder.js';
import { RunsSchema } from './runs/runs-schema.js';
import { STOP_SHARES } from './stop-shares.js';
import { RunsTable } from './runs/runs-table.js';
import { TableSightings } from './runs/table-sightings.js';

/** A task with what it does: what a task's service is to the runner and to the schedule. */
export interface RunnableTask<Request extends TaskRequest = TaskRequest, Report extends TaskReport = TaskReport> {
  readonly task: MaintenanceTask<string, string, Request, Report>;
  /** Does the work of one run, which has its time, its connections and its signal; answers the fields of its report. */
  work(run: ActiveRun, request: Request): Promise<TaskResult<Report>>;
}

/** Reads the time a run begins at, and refuses it when it must not. */
type Begin = (queryRunner: QueryRunner) => Promise<Instant>;

/** Claims a run, lets the task work, makes its report whole and records how it ended. */
@Injectable()
export class TaskRunner {
  private readonly origins = new AsyncLocalStorage<{ readonly trigger: RunTrigger; readonly slot: Date | null }>();

  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(TenxyteTables) private readonly tables: TenxyteTables,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunRecorder) private readonly recorder: RunRecorder,
    @Inject(RunInstrumentation) private readonly instrumentation: RunInstrumentation,
    @Inject(TableSightings) private readonly sightings: TableSightings,
    @Inject(PolicyWatch) private readonly policies: PolicyWatch,
    @Inject(RunClaims) private readonly claims: RunClaims,
    @Inject(RunPings) private readonly pings: RunPings,
  ) {}

  /**
   * Runs a task now. When it is paused and the run is not forced, or another run of it goes on, and does so for longer than this one is to
   * wait, this one is not made, and its report is `skipped`; it is `stopped` when it was asked to stop while it waited. A dry run changes
   * nothing: it needs no claim and leaves no record.
   *
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables; nothing was touched
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {ShuttingDownError} once the application shuts down
   * @throws {PolicyDiffersError} on a command line that would go by another policy than an application; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded
   * @throws {MaintenanceError} `CLAIM_UNCERTAIN` when it is not known whether the run was granted; nothing was touched
   */
  public async runByHand<Request extends TaskRequest, Report extends TaskReport>(
    runnable: RunnableTask<Request, Report>,
    request: Request,
  ): Promise<Report> {
    if (this.activeRuns.closingSignal.aborted) {
      throw new ShuttingDownError(runnable.task.name);
    }
    const own = withoutPrototype(request);
    const run = this.activeRuns.track(
      own.dryRun === true ? this.runUnrecorded(runnable, own) : this.runRecorded(runnable, own),
    );
    const timeoutMs = this.settings.shutdownTimeoutMs * STOP_SHARES.giveUp;
    return own.signal === undefined ? run : inTime(run, { task: runnable.task.name, signal: own.signal, timeoutMs });
  }

  /** Runs that are started by hand within `call` are due: a scheduler outside starts them. @param slot null for a run of no slot */
  public async fromOutside<Result>(slot: Date | null, call: () => Promise<Result>): Promise<Result> {
    return this.origins.run({ trigger: 'outside', slot }, call);
  }

  /** The report of a run that was not made. */
  public async skipped<Request extends TaskRequest, Report extends TaskReport>(
    task: MaintenanceTask<string, string, Request, Report>,
    request: Request,
    error: ReportedError,
  ): Promise<Report> {
    const runAt = await withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_READING, () => this.clock.now(queryRunner)),
    );
    return skippedReport(task, request, { runId: randomUUID(), runAt, error });
  }

  /**
   * Works under a claim that was granted and records the end, whatever it is. @param begin gives the time of the run; what it throws ends
   * it
   */
  public async runClaimed<Request extends TaskRequest, Report extends TaskReport>(
    claim: RunClaim,
    granted: GrantedClaim,
    runnable: RunnableTask<Request, Report>,
    request: Request,
    begin: Begin = this.begin,
  ): Promise<Report> {
    const { task } = runnable;
    const run = this.newRun(claim, granted);
    run.follow(request.signal, this.wayToStop);
    return this.activeRuns.during(run, async () => {
      this.recorder.begin(claim);
      const tellEnd = this.pings.begin(task, claim);
      try {
        const observed = { ...runEvent(claim), isDryRun: false };
        const report = await this.instrumentation.during(task, observed, async () =>
          this.work(runnable, request, run.at(await run.withQueryRunner(begin))),
        );
        const end = await this.recorder.end(claim, endOf(task, report));
        tellEnd(end);
        return end.report as Report;
      } catch (error) {
        const reported = reportedError(error);
        const end = { status: 'failed', report: null, error: reported, summary: reported.message } as const;
        tellEnd(await this.recorder.end(claim, { ...end, stopReason: run.stopReason ?? null }));
        throw error;
      }
    });
  }

  private async runUnrecorded<Request extends TaskRequest, Report extends TaskReport>(
    runnable: RunnableTask<Request, Report>,
    request: Request,
  ): Promise<Report> {
    const runAt = await withQueryRunner(this.dataSource, (queryRunner) =>
      this.beginByHand(runnable.task, request, queryRunner),
    );
    const claim = this.claims.claimFor(runnable.task.name, this.byHand, null, request);
    const run = this.newRun(claim).at(runAt);
    run.follow(request.signal, this.wayToStop);
    return this.activeRuns.during(run, () =>
      this.instrumentation.during(runnable.task, { ...runEvent(claim), isDryRun: true }, () =>
        this.work(runnable, request, run),
      ),
    );
  }

  private async runRecorded<Request extends TaskRequest, Report extends TaskReport>(
    runnable: RunnableTask<Request, Report>,
    request: Request,
  ): Promise<Report> {
    // Before this package's own schema is created: a wrong database is left as it is.
    const { task } = runnable;
    const runAt = await withQueryRunner(this.dataSource, (queryRunner) => this.beginByHand(task, request, queryRunner));
    await this.schema.ensure();
    const { trigger, slot } = this.origins.getStore() ?? { trigger: this.byHand, slot: null };
    const wanted = this.claims.claimFor(task.name, trigger, slot, request);
    const { outcome, hasWaited, isStopped } = await this.claims.claimAsAsked(wanted, request);
    const { claim } = outcome;
    if (outcome.kind === 'claimed') {
      // What a run judges by is the time it begins at, and an application may have started while it waited.
      const begin: Begin = hasWaited
        ? (queryRunner) => this.beginByHand(task, request, queryRunner)
        : async () => runAt;
      return this.runClaimed(claim, outcome, runnable, request, begin);
    }
    const error = whyNotMade(claim, outcome, { ...outcome, isStopped });
    const stopReason = isStopped ? (this.activeRuns.closingSignal.aborted ? 'shutdown' : this.wayToStop) : null;
    const report = skippedReport(task, request, { runId: claim.runId, runAt: outcome.at, error, stopReason });
    await this.claims.skip(claim, { report, error, isSlotOver: outcome.kind === 'paused' });
    return report;
  }

  /** The one report of a run: what every report begins with, what the task says, and why it ended early if it did. */
  private async work<Request extends TaskRequest, Report extends TaskReport>(
    runnable: RunnableTask<Request, Report>,
    request: Request,
    run: ActiveRun,
  ): Promise<Report> {
    const startedAt = performance.now();
    const { task } = runnable;
    const result = await this.withVanishedTable(task, request, await runnable.work(run, request));
    return {
      task: task.name,
      dryRun: request.dryRun === true,
      runId: run.runId,
      runAt: run.runAt,
      durationMs: Math.round(performance.now() - startedAt),
      force: request.force === true,
      startedBy: attributionOf(request),
      isUncertain: run.uncertainties > 0,
      ...result,
      ...stopOf(run, (result as Pick<TaskReport, 'status'>).status),
    } as unknown as Report;
  }

  /** A task whose table is missing has nothing to do; when it had the last time, something went wrong. */
  private async withVanishedTable<Report extends TaskReport>(
    { name }: Pick<MaintenanceTask, 'name'>,
    { dryRun = false }: TaskRequest,
    result: TaskResult<Report>,
  ): Promise<TaskResult<Report>> {
    const { error } = result as { readonly error?: ReportedError };
    if (dryRun || error?.code !== 'TABLE_NOT_FOUND') {
      return result;
    }
    const vanished = await withQueryRunner(this.dataSource, (queryRunner) =>
      this.sightings.vanished(queryRunner, name, error.message),
    );
    return vanished === undefined ? result : { ...result, status: 'failed', error: vanished };
  }

  /** Reads the clock of a run and looks for Tenxyte's tables, once. */
  private readonly begin = async (queryRunner: QueryRunner): Promise<Instant> =>
    inTransaction(queryRunner, BRIEF_READING, async () => {
      const runAt = await this.clock.now(queryRunner);
      await this.tables.assert(queryRunner);
      return runAt;
    });

  /** The same, and sees to it that a command line goes by the policy of the applications. */
  private async beginByHand<Request extends TaskRequest, Report extends TaskReport>(
    task: MaintenanceTask<string, string, Request, Report>,
    request: Request,
    queryRunner: QueryRunner,
  ): Promise<Instant> {
    const runAt = await this.begin(queryRunner);
    await inTransaction(queryRunner, BRIEF_READING, () => this.policies.assertShared(queryRunner, task, request));
    return runAt;
  }

  private get wayToStop(): 'requested' | 'signal' {
    return this.environment === 'command-line' ? 'signal' : 'requested';
  }

  private get byHand(): RunTrigger {
    return this.environment === 'command-line' ? 'cli' : 'manual';
  }

  private newRun({ runId, trigger }: RunClaim, granted?: GrantedClaim): ActiveRun {
    const { leaseSeconds, shutdownTimeoutMs } = this.settings;
    return new ActiveRun({
      dataSource: this.dataSource,
      runId,
      isScheduled: !isByHand(trigger),
      lease: granted && {
        ms: leaseSeconds * 1000,
        since: granted.leasedAt,
        serverLife: granted.serverLife,
        fence: this.table.fence(runId),
        renew: (queryRunner, progress) => this.table.renew(runId, queryRunner, progress),
      },
      shutdownTimeoutMs,
    });
  }
}
