import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { POLICY_COMPARISON, type PolicyComparison } from '../contract/run-environment.js';
import { BRIEF_READING } from '../database/brief-statement.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { inTransaction } from '../database/short-transaction.js';
import { isConnectionLost } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import { RETENTION_SETTINGS, type RetentionSettings } from '../retention/retention-settings.js';
import { RetentionService } from '../retention/retention.service.js';
import { RunRecords } from '../status/run-records.js';
import { TaskEvaluator } from '../status/task-evaluator.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../tasks/coordination-settings.js';
import { readRunsSchemaState } from '../tasks/runs/runs-schema-state.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { ApplicationsTable } from '../tasks/policy/applications-table.js';
import { MAINTENANCE_POLICY, type MaintenancePolicy } from '../tasks/policy/maintenance-policy.js';
import { JobRegistry } from '../tasks/schedule/job-registry.js';
import { type CompleteTotpSettings, TOTP_SETTINGS } from '../totp-key-rotation/totp-settings.js';
import type { DoctorCheck } from './doctor-report.js';
import { HoldExamination } from './hold-examination.js';
import { retentionCheck, totpKeysCheck } from './option-checks.js';
import { policyChecks } from './policy-checks.js';
import { readSeenHosts, replicaCheck } from './replica-checks.js';
import { readRunsSize, runsSchemaChecks } from './runs-schema-checks.js';
import { scheduleChecks } from './schedule-checks.js';

/** Examines how the tasks are run: their schedules, the record of their runs, and the options they need. */
@Injectable()
export class OperationExamination {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(COORDINATION_SETTINGS) private readonly coordination: CompleteCoordinationSettings,
    @Inject(TOTP_SETTINGS) private readonly totp: CompleteTotpSettings,
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    @Inject(MAINTENANCE_POLICY) private readonly policy: MaintenancePolicy,
    @Inject(POLICY_COMPARISON) private readonly comparison: PolicyComparison,
    @Inject(ApplicationsTable) private readonly applications: ApplicationsTable,
    @Inject(JobRegistry) private readonly jobs: JobRegistry,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(TaskEvaluator) private readonly evaluator: TaskEvaluator,
    @Inject(HoldExamination) private readonly holds: HoldExamination,
    @Inject(RunRecords) private readonly records: RunRecords,
    @Inject(RetentionService) private readonly retention: RetentionService,
  ) {}

  /** Takes connections of its own, one after the other. Throws only when the connection itself fails. */
  public async examine(): Promise<DoctorCheck[]> {
    return [
      ...this.schedulerChecks(),
      ...(await this.recordChecks()),
      totpKeysCheck(this.totp),
      await retentionCheck(this.settings, () => this.retention.policy()),
    ];
  }

  private schedulerChecks(): DoctorCheck[] {
    const cause = this.jobs.whyNothingRuns;
    return cause === undefined
      ? []
      : [
          {
            name: 'scheduler',
            level: 'advice',
            message: `no task runs on schedule in this process, as ${cause}`,
            whatToDo:
              'nothing when other replicas run the tasks; otherwise import ScheduleModule.forRoot() once, without cronJobs: false',
          },
        ];
  }

  private async recordChecks(): Promise<DoctorCheck[]> {
    try {
      const schema = await withQueryRunner(this.dataSource, (queryRunner) =>
        inTransaction(queryRunner, BRIEF_READING, () => this.schemaChecks(queryRunner)),
      );
      const { at, tasks } = await this.evaluator.evaluate();
      const schedules = await Promise.all(tasks.map((evaluated) => scheduleChecks(evaluated, at)));
      const { answer = [] } = await this.records.read(readSeenHosts);
      return [...schema, ...schedules.flat(), replicaCheck(answer)];
    } catch (error) {
      if (isConnectionLost(error)) {
        throw error;
      }
      const message = `the record of runs could not be examined: ${errorMessage(error)}`;
      const whatToDo = 'see what the message says, then ask again';
      return [{ name: 'runs-schema', level: 'problem', message, whatToDo }];
    }
  }

  private async schemaChecks(queryRunner: QueryRunner): Promise<DoctorCheck[]> {
    const escape = pg.escapeIdentifier;
    const { schema } = this.coordination;
    const state = await readRunsSchemaState(queryRunner, schema, escape);
    const size = state.version === 0 ? '' : await readRunsSize(queryRunner, this.schema.table('runs'));
    return [
      ...runsSchemaChecks({ state, schema, sqlSchema: escape(schema), sqlRole: escape(state.role) }, size),
      ...(await this.holds.examine(queryRunner)),
      ...policyChecks(this.policy, this.comparison, await this.applications.inForce(queryRunner)),
    ];
  }
}
