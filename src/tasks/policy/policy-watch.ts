import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import type { MaintenanceTask, TaskRequest } from '../../contract/maintenance-task.js';
import {
  POLICY_COMPARISON,
  type PolicyComparison,
  RUN_ENVIRONMENT,
  type RunEnvironment,
} from '../../contract/run-environment.js';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { withinTimeout } from '../../database/within-timeout.js';
import { errorMessage } from '../../errors/error-message.js';
import { differencesText, PolicyDiffersError } from '../../errors/policy-differs.error.js';
import { RunsSchemaError } from '../../errors/runs-schema.error.js';
import { TablesNotFoundError } from '../../errors/tables-not-found.error.js';
import { onOneLine } from '../../text/format.js';
import { ActiveRuns } from '../active-runs.js';
import { RunTime } from '../clocks.js';
import { RunsSchema } from '../runs/runs-schema.js';
import { ApplicationsTable, type NotedPolicy, SILENT_SECONDS } from './applications-table.js';
import {
  DECIDED_BY_PROVIDER,
  MAINTENANCE_POLICY,
  type MaintenancePolicy,
  policyDifferences,
  policySections,
} from './maintenance-policy.js';

const NOTED_EVERY_MS = (SILENT_SECONDS * 1_000) / 3;
/** A shutdown does not wait for a database that is silent. */
const LAST_NOTE_MS = 1_000;

/**
 * Sees to it that whoever works on a database goes by one policy: an application notes its own and says when another one goes by another,
 * a command line is refused.
 */
@Injectable()
export class PolicyWatch implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');
  /** What was said already. */
  private readonly known = new Set<string>();
  private isNoted = false;
  private hasFailed = false;

  public constructor(
    @Inject(MAINTENANCE_POLICY) private readonly policy: MaintenancePolicy,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(POLICY_COMPARISON) private readonly comparison: PolicyComparison,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(ApplicationsTable) private readonly applications: ApplicationsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunTime) private readonly time: RunTime,
  ) {}

  /** Before any job is started: whoever listens to events is still to come. */
  public async onModuleInit(): Promise<void> {
    if (this.environment === 'application') {
      await this.note();
      void this.activeRuns.track(this.keepNoted());
    }
  }

  /**
   * Refuses a run by hand of a command line whose policy is not that of every application in force. What the request itself decides is
   * a person's word, and is not compared. Takes part in the transaction that is open.
   *
   * @throws {PolicyDiffersError}
   */
  public async assertShared(queryRunner: QueryRunner, task: MaintenanceTask, request: TaskRequest): Promise<void> {
    if (this.comparison === 'none') {
      return;
    }
    const { policySections: sections = [task.settings.name] } = task;
    const given = Object.entries(request).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    const partOf = (policy: MaintenancePolicy): MaintenancePolicy => policySections(policy, sections, given);
    const noted = await this.applications.inForce(queryRunner);
    const objections =
      noted.length > 0
        ? noted.map((one) => this.objectionTo(one, partOf))
        : [this.objectionToSchema(await this.applications.otherSchemas(queryRunner))];
    for (const objection of objections.filter((one) => one !== undefined)) {
      if (this.comparison !== 'own') {
        throw objection;
      }
      this.logger.warn(`This run goes by its own policy, as it was told to. ${objection.problem}`);
    }
  }

  /** Where the application is told another schema, its policy is not known here, and its runs do not keep this one away. */
  private objectionToSchema([there]: readonly string[]): PolicyDiffersError | undefined {
    const here = this.schema.name;
    return there === undefined
      ? undefined
      : new PolicyDiffersError(
          `Records of this database's maintenance are kept in the schema ${onOneLine(there)}, and this command would keep its own in ${here}`,
          "Give this command the same schema in a config file, or boot the application's own module with --app",
          [{ path: 'schema', here, there }],
        );
  }

  private objectionTo(
    { policy, owner, seenAt }: NotedPolicy,
    partOf: (policy: MaintenancePolicy) => MaintenancePolicy,
  ): PolicyDiffersError | undefined {
    const [here, there] = [partOf(this.policy), partOf(Object(policy) as MaintenancePolicy)];
    const application = `the application ${onOneLine(owner)}, last seen at ${seenAt}`;
    const isProvided = here['retention'] === DECIDED_BY_PROVIDER;
    if (there['retention'] === DECIDED_BY_PROVIDER && !(isProvided && this.comparison === 'shared-provider')) {
      const problem = `A provider decides how long ${application}, keeps records, and cannot be asked here`;
      return new PolicyDiffersError(problem, this.advice('whose provider is asked'), []);
    }
    const differences = policyDifferences(here, there);
    const problem = `The policy is not that of ${application}: ${differencesText(differences)}`;
    return differences.length === 0 ? undefined : new PolicyDiffersError(problem, this.advice(), differences);
  }

  private advice(consequence?: string): string {
    if (this.comparison === 'shared-provider') {
      return 'The module of --app is of another release than the application that runs, or is told something else: make them agree';
    }
    const module = "boot the application's own module with --app";
    return consequence === undefined
      ? `Give this command the application's values in a config file, or ${module}`
      : `${module.replace('b', 'B')}, ${consequence}`;
  }

  private async keepNoted(): Promise<void> {
    const { closingSignal } = this.activeRuns;
    while (!closingSignal.aborted) {
      await this.time.idle(NOTED_EVERY_MS, closingSignal);
      await (closingSignal.aborted ? this.end() : this.note());
    }
  }

  private async note(): Promise<void> {
    if (!this.dataSource.isInitialized) {
      return;
    }
    try {
      await this.schema.ensure();
      const others = await this.applications.note(this.policy, !this.isNoted);
      this.isNoted = true;
      this.hasFailed = false;
      others.filter(({ digest }) => !this.known.has(digest)).forEach((other) => this.warnOf(other));
      this.known.clear();
      others.forEach(({ digest }) => this.known.add(digest));
    } catch (error) {
      const isSaidOtherwise = error instanceof RunsSchemaError || error instanceof TablesNotFoundError;
      if (!this.hasFailed && !isSaidOtherwise) {
        this.logger.warn(
          `The policy of this application could not be noted and is tried again: ${errorMessage(error)}`,
        );
      }
      this.hasFailed = true;
    }
  }

  private async end(): Promise<void> {
    if (this.isNoted) {
      await withinTimeout(
        this.applications.end().catch(() => undefined),
        LAST_NOTE_MS,
      );
    }
  }

  private warnOf({ policy, owner }: NotedPolicy): void {
    const differences = policyDifferences(this.policy, Object(policy) as MaintenancePolicy);
    this.logger.warn(
      `The application ${onOneLine(owner)} works on this database by another policy: ${differencesText(differences)}. ` +
        'A rolling deployment comes to an end; where it stays so, whoever runs a slot decides what goes.',
    );
  }
}
