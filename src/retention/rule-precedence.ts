import { createHash } from 'node:crypto';
import { countOf, onOneLine } from '../text/format.js';
import type { CompleteRetentionRule, RetentionRule, RuleDimension } from './retention-rule.js';

/** How the dimensions of a rule are called with one value and with several, and what each weighs among rules that name as many. */
const DIMENSIONS = {
  applicationIds: { one: 'application', several: 'applications', weight: 4 },
  organizationIds: { one: 'organization', several: 'organizations', weight: 2 },
  actions: { one: 'action', several: 'actions', weight: 1 },
} as const satisfies Readonly<Record<RuleDimension, object>>;

const NAMES = Object.keys(DIMENSIONS) as readonly RuleDimension[];
/** Above the weights of all dimensions together: a rule that names more dimensions wins. */
const MORE_DIMENSIONS = 8;
/** Of a longer list a name shows the beginning. */
const SHOWN_VALUES = 3;

/** A rule with its place in the list, which is its identity. */
export interface RankedRule extends CompleteRetentionRule {
  /** Its place in `rules`, from 0. */
  readonly index: number;
}

/** The properties of a row that rules go by, as text; undefined where it has none. */
export interface RuledRow {
  readonly action?: string | undefined;
  readonly applicationId?: string | undefined;
  /** Of all organizations that the row belongs to. */
  readonly organizationIds?: readonly string[];
}

/** The rules of a target, the one that wins over all others first. The order of rules of which no row can match both means nothing. */
export function rankedRules(rules: readonly CompleteRetentionRule[], target: string): readonly RankedRule[] {
  return rules
    .map((rule, index) => ({ ...rule, index }))
    .filter((rule) => rule.target === target)
    .toSorted(
      (one, other) =>
        other.priority - one.priority || specificityOf(other) - specificityOf(one) || one.index - other.index,
    );
}

/** True when a row has what the rule names, of each dimension. */
export function matchesRow(rule: CompleteRetentionRule, row: RuledRow): boolean {
  const { action, applicationId, organizationIds = [] } = row;
  return (
    matches(rule.applicationIds, applicationId === undefined ? [] : [applicationId]) &&
    matches(rule.organizationIds, organizationIds) &&
    matches(rule.actions, action === undefined ? [] : [action])
  );
}

function matches(named: readonly string[] | undefined, values: readonly string[]): boolean {
  return named === undefined || values.some((value) => named.includes(value));
}

/**
 * A rule in a few words, such as `application 3, action login_failed, priority 10`; of a long list its beginning and a digest.
 *
 * @param shownValues of a list @default 3
 */
export function ruleName(rule: CompleteRetentionRule, shownValues = SHOWN_VALUES): string {
  const parts = NAMES.flatMap((dimension) => {
    const values = rule[dimension];
    return values === undefined ? [] : [`${nounOf(dimension, values.length)} ${listed(values, shownValues)}`];
  });
  return [...parts, ...(rule.priority === 0 ? [] : [`priority ${rule.priority}`])].join(', ');
}

/** The days of each rule by what tells it from the others. Their order means nothing. */
export function daysByRule(rules: readonly CompleteRetentionRule[]): Readonly<Record<string, number | 'forever'>> {
  return Object.fromEntries(rules.map((rule) => [`${rule.target} of ${ruleName(rule)}`, rule.days]));
}

/** `400 days`, or `forever`. */
export function daysInWords(days: number | 'forever'): string {
  return days === 'forever' ? 'forever' : countOf(days, 'day');
}

/** The rules with different days that one row may match with nothing to choose between them, a problem for each pair. */
export function ruleTies(
  rules: readonly CompleteRetentionRule[],
): { readonly index: number; readonly received: string; readonly accepted: string }[] {
  return rules.flatMap((rule, index) =>
    rules.slice(0, index).flatMap((earlier, place) => {
      const isTied =
        earlier.target === rule.target &&
        earlier.days !== rule.days &&
        earlier.priority === rule.priority &&
        specificityOf(earlier) === specificityOf(rule) &&
        mayOverlap(earlier, rule);
      return isTied
        ? [
            {
              index,
              received: `a tie: ${inWords(rule)} and rules.${place}, ${inWords(earlier)}, may match one row`,
              accepted: 'another priority of one of them, or the same days of both',
            },
          ]
        : [];
    }),
  );
}

/** Equal of rules that name the same dimensions alone. */
function specificityOf(rule: RetentionRule): number {
  return NAMES.filter((dimension) => rule[dimension] !== undefined).reduce(
    (sum, dimension) => sum + MORE_DIMENSIONS + DIMENSIONS[dimension].weight,
    0,
  );
}

/** Of rules that name the same dimensions: a row has one action and one application, but a user may be a member of any organizations. */
function mayOverlap(one: CompleteRetentionRule, other: CompleteRetentionRule): boolean {
  return (['applicationIds', 'actions'] as const).every((dimension) => {
    const values = new Set(other[dimension] ?? []);
    return one[dimension] === undefined || one[dimension].some((value) => values.has(value));
  });
}

function inWords(rule: CompleteRetentionRule): string {
  return `${rule.target} of ${ruleName(rule)} for ${daysInWords(rule.days)}`;
}

function nounOf(dimension: RuleDimension, count: number): string {
  return count === 1 ? DIMENSIONS[dimension].one : DIMENSIONS[dimension].several;
}

function listed(values: readonly string[], shownValues: number): string {
  const sorted = values.toSorted();
  const shown = sorted.slice(0, shownValues).map((value) => onOneLine(value));
  if (values.length <= shownValues) {
    return shown.join(' or ');
  }
  const digest = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
  return `${shown.join(', ')} and ${values.length - shownValues} more (${digest})`;
}
