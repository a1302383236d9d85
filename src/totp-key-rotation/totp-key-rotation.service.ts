import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { DataSource, QueryRunner } from 'typeorm';
import { BATCH_LIMITS, type BatchLimits } from '../batches/batch-limits.js';
import type { TaskResult } from '../contract/maintenance-task.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { harmlessListener } from '../tasks/harmless-listener.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunnableTask, TaskRunner } from '../tasks/task-runner.js';
import { EntityMapping } from '../tenxyte/entity-mapping.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { USER_PROPERTIES } from './secrets/users-table.js';
import { reversedOrder } from './rotation-failure.js';
import { missingKeys } from './totp-cipher.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import {
  type TotpKeyRotationRequest,
  type TotpRotationProgressListener,
  validateTotpKeyRotationRequest,
} from './totp-key-rotation-request.js';
import { TOTP_KEY_ROTATION_TASK } from './totp-key-rotation.task.js';
import { TotpKeyring } from './totp-keyring.js';
import { type TotpKeyAge, TotpKeysTable, UNKNOWN_KEY_AGE } from './totp-keys-table.js';
import type { TotpRotationResult } from './totp-rotation-plan.js';
import { rotateTotpSecrets } from './totp-rotation-run.js';
import { TotpRotationWarnings } from './totp-rotation-warnings.js';
import { type CompleteTotpSettings, TOTP_SETTINGS } from './totp-settings.js';

/** Brings every TOTP secret under the first key of `totp.keys`. */
@Injectable()
export class TotpKeyRotationService implements RunnableTask<TotpKeyRotationRequest, TotpKeyRotationReport> {
  /** @internal */
  public readonly task: typeof TOTP_KEY_ROTATION_TASK;
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(TOTP_SETTINGS) private readonly settings: CompleteTotpSettings,
    @Inject(BATCH_LIMITS) private readonly limits: BatchLimits,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(TotpKeysTable) private readonly keys: TotpKeysTable,
    @Inject(TotpRotationWarnings) private readonly warnings: TotpRotationWarnings,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(EntityMapping) mapping: EntityMapping,
  ) {
    this.task = {
      ...TOTP_KEY_ROTATION_TASK,
      nothingDone: (request, error) => TOTP_KEY_ROTATION_TASK.nothingDone({ mode: settings.mode, ...request }, error),
    };
    scheduler.mount(this);
    if (settings.keys.length > 0) {
      mapping.need({ entity: 'User', properties: USER_PROPERTIES });
    }
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(TOTP_KEY_ROTATION_TASK.defaultExpression, cronOptions(TOTP_KEY_ROTATION_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(this);
  }

  /**
   * Re-encrypts every TOTP secret that is not under the first key, reads everything back, and reports on it. When another rotation is
   * running on this database, wherever, nothing is done and the report's status is `skipped`.
   *
   * @throws {MaintenanceConfigError} when the request is invalid or there are no keys; nothing was touched
   * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE`, `ROW_SECURITY` or `PERMISSION_DENIED`; nothing was touched
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded; nothing was touched
   * @throws {ShuttingDownError} when the application shuts down; nothing was touched
   */
  public async rotateTotpKeys(request: TotpKeyRotationRequest = {}): Promise<TotpKeyRotationReport> {
    const checked = validateTotpKeyRotationRequest(request);
    if (this.settings.keys.length === 0) {
      throw missingKeys();
    }
    return this.tasks.runByHand(this, checked);
  }

  /** @internal */
  public async work(run: ActiveRun, request: TotpKeyRotationRequest): Promise<TaskResult<TotpKeyRotationReport>> {
    const { dryRun: isDryRun = false, mode = this.settings.mode, force: isForced = false } = request;
    const keyring = new TotpKeyring(this.settings.keys);
    const replacedAt = isForced ? null : await this.keys.replacedAt(keyring.fingerprint);
    if (replacedAt !== null) {
      const error = reversedOrder(replacedAt);
      return { ...this.task.nothingDone(request, error), status: 'failed', error };
    }
    const plan = {
      keyring,
      mode,
      isDryRun,
      encryptPlaintext: request.encryptPlaintext ?? this.settings.encryptPlaintext,
      limits: { ...this.limits, fence: run.fence },
      assertOwner: (queryRunner: QueryRunner, stored: StoredTable) =>
        this.presence.assertOwner(queryRunner, stored, 'No secret was touched'),
      beforeBatch: run.beforeBatch,
      settle: (queryRunner: QueryRunner) => run.settle(queryRunner),
      signal: run.signal,
      ...(isDryRun && request.onProgress === undefined
        ? {}
        : { onProgress: toldToRun(run, harmlessListener(request.onProgress, this.logger)) }),
    };
    const table = this.users();
    const result = await run.keepAlive(() =>
      run.withQueryRunner((queryRunner) => rotateTotpSecrets({ queryRunner, table, plan })),
    );
    const age = await this.keyAge(keyring, result, { isDryRun, isForced });
    this.warnings.of({ runId: run.runId, dryRun: isDryRun, ...result, ...age });
    return { mode, ...result, ...age };
  }

  /** A key under which no secret stands is not in use. That a run which failed brought secrets under it is recorded where that can be. */
  private async keyAge(
    { fingerprint }: TotpKeyring,
    { status, ...counts }: TotpRotationResult,
    { isDryRun, isForced }: { readonly isDryRun: boolean; readonly isForced: boolean },
  ): Promise<TotpKeyAge> {
    const written = counts.rotated + counts.encryptedPlaintext;
    const isInUse = counts.alreadyCurrent + (isDryRun ? 0 : written) > 0;
    if (!isInUse) {
      return UNKNOWN_KEY_AGE;
    }
    try {
      if (!isDryRun) {
        await this.keys.record(fingerprint, written > 0 || isForced);
      }
      return await this.keys.age(fingerprint);
    } catch (error) {
      if (status === 'failed') {
        return UNKNOWN_KEY_AGE;
      }
      throw error;
    }
  }

  private users(): MappedTable {
    return mappedTable(this.dataSource, this.entities, 'User', USER_PROPERTIES);
  }
}

/** Also tells other processes, by the record of the run. */
function toldToRun(run: ActiveRun, listener: TotpRotationProgressListener): TotpRotationProgressListener {
  return (progress) => {
    const { phase: name, secrets: count, overall, status, reason } = progress;
    run.tell({ name, unit: 'secret', count, fraction: null, remainingMs: null, status, reason }, overall);
    listener(progress);
  };
}
