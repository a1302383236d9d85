import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_READING } from '../../database/brief-statement.js';
import { DatabaseClock } from '../../database/database-clock.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction } from '../../database/short-transaction.js';
import { isProviderSource, RETENTION_SETTINGS, type RetentionSettings } from '../../retention/retention-settings.js';
import { RetentionService } from '../../retention/retention.service.js';
import { withoutUndefined } from '../../validation/settings-section.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from '../cleanup-settings.js';
import { ownRuledTargets, targetsInForce } from '../targets/targets-in-force.js';
import type { RunPolicy } from '../run-cutoffs.js';
import { explainRetention, type RetentionDecider, type RetentionExplanation } from './explain-retention.js';
import { type RetentionQuestion, validateRetentionQuestion } from './retention-question.js';
import { type RetentionSchedule, retentionSchedule } from './retention-schedule.js';
import { scheduleMarkdown } from './schedule-markdown.js';

/** Tells the retention policy in force, as the next run would go by it. Changes nothing, and reads no row. */
@Injectable()
export class RetentionPolicyService {
  public constructor(
    @Inject(RETENTION_SETTINGS) private readonly retentionSettings: RetentionSettings,
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RetentionService) private readonly retention: RetentionService,
    @Inject(DatabaseClock) private readonly databaseClock: DatabaseClock,
  ) {}

  /**
   * Tells which rule holds for a row with some properties, and which others match.
   *
   * @throws {MaintenanceConfigError} when the question or the retention policy is invalid
   * @throws {RetentionProviderError} when the retention provider fails
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds
   */
  public async explain(question: RetentionQuestion): Promise<RetentionExplanation> {
    const valid = validateRetentionQuestion(question, ownRuledTargets(this.settings));
    return explainRetention(await this.terms(), targetsInForce(this.settings), valid);
  }

  /**
   * Gives the whole policy, also as a Markdown document.
   *
   * @throws {MaintenanceConfigError} when the retention policy is invalid
   * @throws {RetentionProviderError} when the retention provider fails
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds
   */
  public async schedule(): Promise<RetentionSchedule> {
    const retentionBounds = withoutUndefined(this.retentionSettings.retentionBounds);
    const schedule = retentionSchedule({ ...(await this.terms()), retentionBounds }, this.settings);
    return { ...schedule, markdown: scheduleMarkdown(schedule) };
  }

  private async terms(): Promise<RunPolicy & { readonly decidedBy: RetentionDecider }> {
    const policy = await this.retention.policy();
    const runAt = await withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_READING, () => this.databaseClock.now(queryRunner)),
    );
    return { runAt, policy, decidedBy: isProviderSource(this.retentionSettings.retention) ? 'provider' : 'options' };
  }
}
