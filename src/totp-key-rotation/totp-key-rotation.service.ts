import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { TOTP_KEY_ROTATION_TASK } from '../contract/maintenance-task.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { harmlessListener } from '../tasks/harmless-listener.js';
import { endedEarly } from '../tasks/interruption.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunRefusal, TaskRunner } from '../tasks/task-runner.js';
import { RunLog } from '../telemetry/run-log.js';
import { missingKeys } from './totp-cipher.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import { type TotpKeyRotationRequest, validateTotpKeyRotationRequest } from './totp-key-rotation-request.js';
import { TotpKeyring } from './totp-keyring.js';
import { type TotpKeyAge, TotpKeysTable, UNKNOWN_KEY_AGE } from './totp-keys-table.js';
import type { TotpRotationResult } from './totp-rotation-plan.js';
import { TotpRotationRunner } from './totp-rotation-runner.js';
import { TotpRotationWarnings } from './totp-rotation-warnings.js';
import { TOTP_ROTATION_WORDING } from './totp-rotation-wording.js';
import type { TotpRotationMode } from './totp-settings.js';

/** Brings every TOTP secret under the first key of `totp.keys`. */
@Injectable()
export class TotpKeyRotationService implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(TotpRotationRunner) private readonly runner: TotpRotationRunner,
    @Inject(TotpKeysTable) private readonly keys: TotpKeysTable,
    @Inject(TotpRotationWarnings) private readonly warnings: TotpRotationWarnings,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(RunLog) runLog: RunLog,
  ) {
    runLog.describe(TOTP_ROTATION_WORDING);
    scheduler.mount(TOTP_KEY_ROTATION_TASK, this, this.onSlot);
  }

  /** @throws {MaintenanceConfigError} when keys are given and the entity is unknown to the data source or lacks a column the rotation needs */
  public onModuleInit(): void {
    if (this.options.totp.keys.length > 0) {
      this.runner.assertMapped();
    }
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(TOTP_KEY_ROTATION_TASK.defaultExpression, cronOptions(TOTP_KEY_ROTATION_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(TOTP_KEY_ROTATION_TASK, this.onSlot);
  }

  /**
   * Re-encrypts every TOTP secret that is not under the first key, reads everything back, and reports on it. When another rotation is running on
   * this database, wherever, nothing is done and the report's status is `skipped`.
   *
   * @throws {MaintenanceConfigError} when the request is invalid or there are no keys; nothing was touched
   * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE`, `ROW_SECURITY` or `PERMISSION_DENIED`; nothing was touched
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded; nothing was touched
   * @throws {ShuttingDownError} when the application shuts down; nothing was touched
   */
  public async rotateTotpKeys(request: TotpKeyRotationRequest = {}): Promise<TotpKeyRotationReport> {
    validateTotpKeyRotationRequest(request);
    if (this.options.totp.keys.length === 0) {
      throw missingKeys();
    }
    return this.tasks.runByHand({
      task: TOTP_KEY_ROTATION_TASK.name,
      isDryRun: request.dryRun === true,
      signal: request.signal,
      work: (run) => this.work(run, request),
      refused: (refusal) => refusedReport(refusal, this.modeOf(request)),
    });
  }

  private readonly onSlot = (run: ActiveRun): Promise<TotpKeyRotationReport> => this.work(run, {});

  private async work(run: ActiveRun, request: TotpKeyRotationRequest): Promise<TotpKeyRotationReport> {
    const startedAt = performance.now();
    const keyring = new TotpKeyring(this.options.totp.keys);
    const result = await run.keepAlive(() => this.rotate(run, keyring, request));
    const age = await this.keyAge(keyring, result, request.dryRun === true);
    const report: TotpKeyRotationReport = {
      task: 'totp-key-rotation',
      dryRun: request.dryRun === true,
      runId: run.runId,
      durationMs: Math.round(performance.now() - startedAt),
      mode: this.modeOf(request),
      ...result,
      ...age,
      ...endedEarly(run),
    };
    this.warnings.of(report);
    return report;
  }

  private async rotate(
    run: ActiveRun,
    keyring: TotpKeyring,
    request: TotpKeyRotationRequest,
  ): Promise<TotpRotationResult> {
    return this.runner.run({
      keyring,
      mode: this.modeOf(request),
      isDryRun: request.dryRun === true,
      encryptPlaintext: request.encryptPlaintext ?? this.options.totp.encryptPlaintext,
      limits: this.options.cleanup,
      beforeBatch: run.beforeBatch,
      signal: run.signal,
      onProgress: harmlessListener(request.onProgress, this.logger),
      withQueryRunner: (work) => run.withQueryRunner(work),
    });
  }

  /** A key under which no secret stands is not in use. */
  private async keyAge(keyring: TotpKeyring, result: TotpRotationResult, isDryRun: boolean): Promise<TotpKeyAge> {
    const written = result.rotated + result.encryptedPlaintext;
    const isInUse = result.alreadyCurrent + (isDryRun ? 0 : written) > 0;
    if (!isInUse || result.status === 'failed') {
      return UNKNOWN_KEY_AGE;
    }
    if (!isDryRun) {
      await this.keys.note(keyring.fingerprint, written > 0);
    }
    return this.keys.age(keyring.fingerprint);
  }

  private modeOf({ mode }: TotpKeyRotationRequest): TotpRotationMode {
    return mode ?? this.options.totp.mode;
  }
}

function refusedReport({ runId, runAt, error }: RunRefusal, mode: TotpRotationMode): TotpKeyRotationReport {
  return {
    task: 'totp-key-rotation',
    status: 'skipped',
    dryRun: false,
    runId,
    runAt,
    durationMs: 0,
    mode,
    total: 0,
    rotated: 0,
    alreadyCurrent: 0,
    encryptedPlaintext: 0,
    leftPlaintext: 0,
    undecryptable: 0,
    undecryptableUserIds: [],
    heldUsers: 0,
    safeToRetirePreviousKeys: false,
    ...UNKNOWN_KEY_AGE,
    error,
  };
}
