import type { Instant } from '../database/instant.js';
import { type RankedRule, ruleName } from '../retention/rule-precedence.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { cutoffOf, instantDaysBefore, retentionDaysOf, rulesOf, type RunPolicy } from './run-cutoffs.js';
import { DEFAULT_KIND } from './targets/rule-kind.js';

/** A retention rule in force, or what holds for the rows that no rule matches. */
export interface RuleInForce {
  /** Its place in `retention.rules`, from 0; null for what holds for all other rows. */
  readonly index: number | null;
  /** What it names, such as `application 3, action login_failed, priority 10`, of a long list the beginning; `default` for all other rows. */
  readonly rule: string;
  /** Days that its rows are kept; null for the default of a target that is ruled by expiry alone. */
  readonly days: number | 'forever' | null;
  /** Its rows from before this instant are due; null when they are kept forever. */
  readonly cutoff: Instant | null;
}

/** What a cleanup did by one rule. */
export interface CleanupRuleReport extends RuleInForce {
  /**
   * Rows deleted, or, in a dry run, rows that would be; null where they could not be told apart, as a rule of the table rewrites deletions or
   * somebody else deleted one of them at that moment.
   */
  readonly rows: number | null;
  /**
   * False when no row of the table has what the rule names, due or not: it may be misspelt. Null when that was not looked at, as of the
   * default, or could not be told in time.
   */
  readonly hasMatches: boolean | null;
}

/** What was found out about the rules of a target. */
export interface RuleFindings {
  /** The rows of a kind; null when not all could be told apart. */
  rowsOfKind(kind: number): number | null;
  /** Whether any row has what a rule names, by the place of the rule, of those that were looked at. */
  readonly matches: ReadonlyMap<number, boolean>;
}

type RuleReports = { readonly rules?: readonly CleanupRuleReport[] };

/** The rules of a target, the one that wins over all others first, and last what holds for all other rows. */
export function rulesInForce(terms: RunPolicy, target: AnyCleanupTarget): readonly RuleInForce[] {
  return [...rulesOf(terms, target).map((rule) => ruleInForce(terms, rule)), defaultInForce(terms, target)];
}

/** The rules of a target with the rows that fell to each; nothing of a target without rules. */
export function countedRules(terms: RunPolicy, target: AnyCleanupTarget, found: RuleFindings): RuleReports {
  return reported(terms, target, ({ index }) => {
    const rows = found.rowsOfKind(index ?? DEFAULT_KIND);
    const hasMatches = index === null ? null : (((rows ?? 0) > 0 || found.matches.get(index)) ?? null);
    return { rows, hasMatches };
  });
}

/** The same of a target that was not worked on. */
export function uncountedRules(terms: RunPolicy, target: AnyCleanupTarget): RuleReports {
  return reported(terms, target, () => ({ rows: 0, hasMatches: null }));
}

function reported(
  terms: RunPolicy,
  target: AnyCleanupTarget,
  countsOf: (rule: RuleInForce) => Pick<CleanupRuleReport, 'rows' | 'hasMatches'>,
): RuleReports {
  const rules = rulesInForce(terms, target);
  return rules.length === 1 ? {} : { rules: rules.map((rule) => ({ ...rule, ...countsOf(rule) })) };
}

function ruleInForce({ runAt }: RunPolicy, rule: RankedRule): RuleInForce {
  const { index, days } = rule;
  const cutoff = days === 'forever' ? null : instantDaysBefore(runAt, days);
  return { index, rule: ruleName(rule), days, cutoff };
}

function defaultInForce(terms: RunPolicy, target: AnyCleanupTarget): RuleInForce {
  const days = retentionDaysOf(terms, target);
  return { index: null, rule: 'default', days: days === 0 ? 'forever' : days, cutoff: cutoffOf(terms, target) };
}
