import type { Instant } from '../../database/instant.js';
import { matchesRow } from '../../retention/rule-precedence.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import type { CleanedTargetName } from '../targets/cleanup-targets.js';
import { instantDaysBefore, rulesOf, type RunPolicy } from '../run-cutoffs.js';
import { type RuleInForce, rulesInForce } from '../rule-report.js';
import type { ValidRetentionQuestion } from './retention-question.js';

/** Who decides a retention policy: the options of the module, or a provider of the host's that is asked at every run. */
export type RetentionDecider = 'options' | 'provider';

/** The retention rule that holds for a row with some properties. */
export interface RetentionExplanation {
  /** The database's clock, which every cutoff follows from. */
  readonly at: Instant;
  readonly decidedBy: RetentionDecider;
  readonly target: CleanedTargetName;
  /** The rule that holds, or the default. */
  readonly winner: RuleInForce;
  /** The other rules that match, the default last, in the order in which each would hold if those before it were not there. */
  readonly runnersUp: readonly RuleInForce[];
  /** When the row is due; null when it is kept forever, or its creation was not told. */
  readonly dueAt: Instant | null;
  /** Whether a cleanup would delete it now; null when its creation was not told. */
  readonly isDue: boolean | null;
}

/** Answers a question by the very order of rules that a run goes by. */
export function explainRetention(
  terms: RunPolicy & { readonly decidedBy: RetentionDecider },
  targets: readonly AnyCleanupTarget[],
  question: ValidRetentionQuestion,
): RetentionExplanation {
  const { target: name, action, applicationId, organizationId, createdAt } = question;
  const target = targets.find((each) => each.name === name);
  if (target === undefined) {
    throw new RangeError(`no target ${name}`);
  }
  const organizationIds = organizationId === undefined ? [] : [organizationId];
  const matching = new Set(
    rulesOf(terms, target)
      .filter((rule) => matchesRow(rule, { action, applicationId, organizationIds }))
      .map(({ index }) => index),
  );
  const [winner, ...runnersUp] = rulesInForce(terms, target).filter(
    ({ index }) => index === null || matching.has(index),
  );
  if (winner === undefined) {
    throw new RangeError(`no retention of ${name}`);
  }
  const created = createdAt?.toISOString().replace('Z', '000Z');
  const { runAt, decidedBy } = terms;
  return {
    at: runAt,
    decidedBy,
    target: name,
    winner,
    runnersUp,
    dueAt: created === undefined || typeof winner.days !== 'number' ? null : instantDaysBefore(created, -winner.days),
    isDue: created === undefined ? null : winner.cutoff !== null && created < winner.cutoff,
  };
}
