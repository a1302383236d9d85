import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RetentionBoundsError } from '../errors/retention-bounds.error.js';
import { RetentionProviderError } from '../errors/retention-provider.error.js';
import { validate } from '../validation/validation.js';
import { retentionBoundsViolations } from './retention-bounds.js';
import {
  type CompleteRetentionPolicy,
  completeRetentionPolicy,
  type RetentionPolicy,
  retentionPolicySchema,
} from './retention-policy.js';
import { resolveRetentionProvider, type RetentionContract } from './retention-provider-source.js';
import { RETENTION_SETTINGS, type RetentionSettings } from './retention-settings.js';

/** Answers which retention policy a run must follow. */
@Injectable()
export class RetentionService {
  private provider: Promise<RetentionContract> | undefined;

  public constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Asks the provider, puts the call's overrides over its answer, and checks the result.
   *
   * @throws {RetentionProviderError} when the provider throws or cannot be had
   * @throws {MaintenanceConfigError} when its answer is no valid policy
   * @throws {RetentionBoundsError} when the result lies outside the retention bounds
   */
  public async policy(overrides: RetentionPolicy = {}): Promise<CompleteRetentionPolicy> {
    const answer = validate(
      "Invalid answer of the retention provider's getRetention()",
      retentionPolicySchema,
      await this.ask(),
    );
    const policy = completeRetentionPolicy({ ...answer, ...overrides });
    const violations = retentionBoundsViolations(policy, this.settings.retentionBounds);
    if (violations.length > 0) {
      throw new RetentionBoundsError(violations);
    }
    return policy;
  }

  /** Makes or finds the provider, so that a missing one is known at start-up. */
  public async onModuleInit(): Promise<void> {
    await this.resolveProvider();
  }

  private async ask(): Promise<RetentionPolicy> {
    try {
      const provider = await this.resolveProvider();
      return await provider.getRetention();
    } catch (error) {
      throw new RetentionProviderError(error);
    }
  }

  private resolveProvider(): Promise<RetentionContract> {
    this.provider ??= resolveRetentionProvider(this.settings.retention, this.moduleRef);
    return this.provider;
  }
}
