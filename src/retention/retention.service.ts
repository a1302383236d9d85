import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { withinTimeout } from '../database/within-timeout.js';
import { RetentionBoundsError } from '../errors/retention-bounds.error.js';
import { RetentionProviderError } from '../errors/retention-provider.error.js';
import { RunInterruptedError } from '../errors/run-interrupted.error.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { assertNoProblems, validate } from '../validation/validation.js';
import { retentionBoundsViolations } from './retention-bounds.js';
import {
  type CompleteRetentionPolicy,
  completeRetentionPolicy,
  type RetentionPolicy,
  retentionPolicySchema,
} from './retention-policy.js';
import { resolveRetentionProvider, type RetentionContract } from './retention-provider-source.js';
import { OWN_RULED_TARGETS, type OwnRuledTargets } from './retention-rule.js';
import { ruleProblems } from './rules-schema.js';
import { isProviderSource, RETENTION_SETTINGS, type RetentionSettings } from './retention-settings.js';

const INVALID_ANSWER = "Invalid answer of the retention provider's getRetention()";

/** A provider that has not answered by then fails. */
const RETENTION_TIMEOUT_MS = 30_000;

/** What a call puts over the fields of the policy; never over its rules. */
export type RetentionOverrides = Omit<RetentionPolicy, 'rules'>;

/** Answers which retention policy a run must follow. */
@Injectable()
export class RetentionService {
  private provider: Promise<RetentionContract> | undefined;

  public constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    private readonly moduleRef: ModuleRef,
    @Inject(OWN_RULED_TARGETS) private readonly ownTargets: OwnRuledTargets,
  ) {}

  /**
   * Asks the provider, puts the call's overrides over its answer, and checks the result.
   *
   * @param signal ends the wait for the provider
   * @throws {RetentionProviderError} when the provider throws, cannot be had or does not answer within 30 s
   * @throws {RunInterruptedError} when the signal fires first
   * @throws {MaintenanceConfigError} when its answer is no valid policy
   * @throws {RetentionBoundsError} when the result lies outside the retention bounds
   */
  public async policy(overrides: RetentionOverrides = {}, signal?: AbortSignal): Promise<CompleteRetentionPolicy> {
    const answer = validate(
      INVALID_ANSWER,
      retentionPolicySchema,
      await (isProviderSource(this.settings.retention) ? orInterrupted(this.ask(), signal) : this.ask()),
    );
    const policy = completeRetentionPolicy({ ...(answer as CompleteRetentionPolicy), ...overrides });
    assertNoProblems(INVALID_ANSWER, ruleProblems(policy.rules, this.ownTargets));
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
      return await inTime('getRetention()', Promise.resolve(provider.getRetention()));
    } catch (error) {
      throw error instanceof RetentionProviderError ? error : new RetentionProviderError(error);
    }
  }

  private resolveProvider(): Promise<RetentionContract> {
    this.provider ??= inTime('its factory', resolveRetentionProvider(this.settings.retention, this.moduleRef));
    return this.provider;
  }
}

/** The answer of the host's code, which must keep nobody waiting for ever. */
async function inTime<Answer>(asked: string, answer: Promise<Answer>): Promise<Answer> {
  const answered = await withinTimeout(
    answer.then((value) => ({ value })),
    RETENTION_TIMEOUT_MS,
  );
  if (answered === undefined) {
    throw new RetentionProviderError(`${asked} did not answer within ${RETENTION_TIMEOUT_MS / 1000} s`);
  }
  return answered.value;
}

/** A call whose signal has fired before ends in its own way, with a report. */
async function orInterrupted<Answer>(answer: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
  const over = new AbortController();
  const interrupted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new RunInterruptedError('requested'));
    signal?.addEventListener('abort', stop, withoutPrototype({ signal: over.signal }));
  });
  try {
    return await Promise.race([answer, interrupted]);
  } finally {
    over.abort();
  }
}
