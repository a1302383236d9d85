import type { Instant } from '../../database/instant.js';
import type { RetentionBounds } from '../../retention/retention-bounds.js';
import type { CompleteRetentionPolicy, RetentionOption } from '../../retention/retention-policy.js';
import type { CompleteRetentionRule } from '../../retention/retention-rule.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import type { BrakeLimits } from '../limits/brake.js';
import { type RuleInForce, rulesInForce } from '../rule-report.js';
import type { RunPolicy } from '../run-cutoffs.js';
import { type CleanedTargetName, OPT_IN_TARGETS } from '../targets/cleanup-targets.js';
import { targetsInForce } from '../targets/targets-in-force.js';
import type { CompleteCleanupSettings } from '../cleanup-settings.js';
import type { RetentionDecider } from './explain-retention.js';

/** What is kept of one target, and for how long. */
export interface ScheduledTarget {
  readonly name: CleanedTargetName;
  /** True when every cleanup works on it; an opt-in target that `cleanup.include` does not list waits for a call that names it. */
  readonly isIncluded: boolean;
  /** Which of its rows are deleted, in words. */
  readonly deletedWhen: string;
  /** The rules, the one that wins over all others first, with all that each names; last what holds for all other rows. */
  readonly rules: readonly (RuleInForce & { readonly definition: CompleteRetentionRule | null })[];
}

/** The whole retention policy in force. */
export interface RetentionSchedule {
  /** The database's clock, which every cutoff follows from. */
  readonly at: Instant;
  readonly decidedBy: RetentionDecider;
  readonly targets: readonly ScheduledTarget[];
  /** The fields of the policy, rules aside. */
  readonly retention: Readonly<Record<RetentionOption, number>>;
  readonly retentionBounds: RetentionBounds;
  readonly brakes: BrakeLimits;
  /** All of it as a Markdown document, for whoever audits it. */
  readonly markdown: string;
}

/** The policy in force, but for the document. */
export function retentionSchedule(
  terms: RunPolicy & Pick<RetentionSchedule, 'decidedBy' | 'retentionBounds'>,
  settings: BrakeLimits & Pick<CompleteCleanupSettings, 'include' | 'targets'>,
): Omit<RetentionSchedule, 'markdown'> {
  const { runAt, policy, decidedBy, retentionBounds } = terms;
  const { rules: _, ...retention } = policy;
  const included: readonly string[] = settings.include;
  const optIn: readonly string[] = OPT_IN_TARGETS.map(({ name }) => name);
  return {
    at: runAt,
    decidedBy,
    targets: targetsInForce(settings).map((target) => ({
      name: target.name,
      isIncluded: !optIn.includes(target.name) || included.includes(target.name),
      deletedWhen: target.summary,
      rules: definedRules(terms, target),
    })),
    retention,
    retentionBounds,
    brakes: { maxRowsPerTarget: settings.maxRowsPerTarget, maxFractionPerTarget: settings.maxFractionPerTarget },
  };
}

function definedRules(
  terms: RunPolicy & { readonly policy: Pick<CompleteRetentionPolicy, 'rules'> },
  target: AnyCleanupTarget,
): ScheduledTarget['rules'] {
  return rulesInForce(terms, target).map((rule) => ({
    ...rule,
    definition: rule.index === null ? null : (terms.policy.rules[rule.index] ?? null),
  }));
}
