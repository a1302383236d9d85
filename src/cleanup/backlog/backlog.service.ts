import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_READING } from '../../database/brief-statement.js';
import { DatabaseClock } from '../../database/database-clock.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction } from '../../database/short-transaction.js';
import { HoldPlanner } from '../../holds/hold-planner.js';
import { HoldsTable } from '../../holds/holds-table.js';
import { RetentionService } from '../../retention/retention.service.js';
import { ActiveRuns } from '../../tasks/active-runs.js';
import { SchedulesInForce } from '../../tasks/schedule/schedule-in-force.js';
import { SchedulesTable } from '../../tasks/schedule/schedules-table.js';
import { TenxyteTables } from '../../tenxyte/tenxyte-tables.js';
import { selectTargets } from '../cleanup-request.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from '../cleanup-settings.js';
import { CleanupTables } from '../cleanup-tables.js';
import { CLEANUP_TASK } from '../cleanup.task.js';
import { organizationMembers } from '../organization-members.js';
import type { BacklogReport, TargetBacklog } from './backlog-report.js';
import { type BacklogRequest, validateBacklogRequest } from './backlog-request.js';
import { scheduleIntervalSeconds } from './falling-behind.js';
import { type BacklogMeasurement, measureTarget } from './measure-target.js';

/** Measures how much the cleanup has left to do. Changes nothing, and needs no privilege but to read. */
@Injectable()
export class BacklogService {
  public constructor(
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(SchedulesInForce) private readonly schedules: SchedulesInForce,
    @Inject(SchedulesTable) private readonly schedulesTable: SchedulesTable,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RetentionService) private readonly retention: RetentionService,
    @Inject(CleanupTables) private readonly tables: CleanupTables,
    @Inject(DatabaseClock) private readonly databaseClock: DatabaseClock,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(HoldPlanner) private readonly holds: HoldPlanner,
    @Inject(HoldsTable) private readonly holdsTable: HoldsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
  ) {}

  /**
   * Measures the targets that a scheduled cleanup works on, one after another, as the policy in force now has it. A target that cannot be
   * measured is reported as failed and leaves the others alone; a shutdown ends the measurement as the request's signal does.
   *
   * @throws {MaintenanceConfigError} when the request or the retention policy is invalid
   * @throws {RetentionProviderError} when the retention provider fails
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14
   */
  public async measure(request: BacklogRequest = {}): Promise<BacklogReport> {
    return this.activeRuns.track(this.measureAll(validateBacklogRequest(request)));
  }

  private async measureAll(request: BacklogRequest): Promise<BacklogReport> {
    const measurement = await this.measurementOf(request);
    const targets: TargetBacklog[] = [];
    for (const target of selectTargets({}, this.settings)) {
      targets.push(await measureTarget(measurement, target));
    }
    const { runAt: measuredAt, scheduleIntervalSeconds: intervalSeconds } = measurement;
    return { measuredAt, scheduleIntervalSeconds: intervalSeconds, targets, holdsInForce: measurement.holdsInForce };
  }

  private async measurementOf({ exact = false, signal }: BacklogRequest): Promise<BacklogMeasurement> {
    const { closingSignal } = this.activeRuns;
    const policy = await this.retention.policy();
    const { runAt, holdsInForce } = await withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_READING, async () => {
        const now = await this.databaseClock.now(queryRunner);
        await this.presence.assert(queryRunner);
        const summary = await this.holdsTable.summary(queryRunner);
        return { runAt: now, holdsInForce: summary?.inForce ?? null };
      }),
    );
    const members = await organizationMembers(this.tables, policy, {
      limits: this.settings,
      withQueryRunner: (work) => withQueryRunner(this.dataSource, work),
    });
    const recorded = this.schedules.areOwn ? null : await this.schedulesTable.recorded(CLEANUP_TASK.name);
    const { schedule } = this.schedules.of(CLEANUP_TASK, recorded);
    return {
      dataSource: this.dataSource,
      runAt,
      holdsInForce,
      policy,
      ...members,
      isExact: exact,
      limits: this.settings,
      tableOf: (target) => this.tables.of(target),
      holds: this.holds,
      scheduleIntervalSeconds: scheduleIntervalSeconds(schedule, new Date(runAt)),
      signal: signal === undefined ? closingSignal : AbortSignal.any([closingSignal, signal]),
    };
  }
}
