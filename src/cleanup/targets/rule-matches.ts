import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import type { StoredTable } from '../../database/stored-table.js';
import { RULE_DIMENSIONS, type RuleDimension } from '../../retention/retention-rule.js';
import { type RankedRule, ruleName } from '../../retention/rule-precedence.js';
import { assertOfColumn, columnMatches } from './column-matches.js';
import type { CleanupTarget, Cutoff } from './define-cleanup-target.js';
import type { RunCutoffs } from './due-predicate.js';

/** How long rows are kept, by the option that decides it. */
export interface Retention {
  readonly cutoffs: RunCutoffs;
  /** Whole seconds by which an option keeps a row beyond its time. */
  readonly secondsOf: (cutoff: Cutoff) => number;
}

/** The ids of the users of some organizations, and of their agents' tokens. */
export interface OrganizationMembers {
  readonly users: readonly string[];
  readonly agentTokens: readonly string[];
}

/** A table whose rows rules are for. */
export interface RuledTable {
  readonly target: CleanupTarget;
  readonly table: MappedTable;
  readonly columnTypes: StoredTable['columnTypes'];
  /** The rules of the target, the one that wins over all others first. */
  readonly rules: readonly RankedRule[];
  readonly membersOf: (organizationIds: readonly string[]) => OrganizationMembers;
  /** For the rows that no rule matches. */
  readonly byDefault: Retention;
  /** For rows that are kept for so many days. */
  readonly ofDays: (days: number) => Retention;
}

/** Rules of one priority that name the same dimensions. */
export type RuleGroup = readonly [RankedRule, ...RankedRule[]];

/**
 * Writes that a row has what a rule names.
 *
 * @throws {MaintenanceError} `RETENTION_RULE` when it names what no row can have, or organizations cannot be looked up
 */
export function ruleMatches(ruled: RuledTable, rule: RankedRule): SqlFragment {
  const { target, table, columnTypes, membersOf } = ruled;
  const anyColumn = (properties: readonly string[] | undefined, values: readonly string[]): SqlFragment[] =>
    (properties ?? []).map((property) => columnMatches({ table, columnTypes, property }, values));
  const { application, action, user, agentToken } = target.dimensions;
  const owner = `The rule retention.rules.${rule.index} (${ruleName(rule)})`;
  (application ?? []).forEach((property) =>
    assertOfColumn({ table, columnTypes, property }, rule.applicationIds ?? [], owner),
  );
  const members = rule.organizationIds === undefined ? undefined : membersOf(rule.organizationIds);
  const ofMembers =
    members === undefined ? [] : [[user, members.users] as const, [agentToken, members.agentTokens] as const];
  for (const [properties = [], ids] of ofMembers) {
    properties.forEach((property) => assertOfColumn({ table, columnTypes, property }, ids, owner));
  }
  const parts = [
    ...(rule.applicationIds === undefined ? [] : [anyColumn(application, rule.applicationIds)]),
    ...(members === undefined
      ? []
      : [[...anyColumn(user, members.users), ...anyColumn(agentToken, members.agentTokens)]]),
    ...(rule.actions === undefined ? [] : [anyColumn(action, rule.actions)]),
  ];
  return (bind) => parts.map((part) => `(${part.map((each) => each(bind)).join(' or ')})`).join(' and ');
}

/** The properties that the rules of a target read. */
export function ruleProperties(
  { dimensions }: Pick<CleanupTarget, 'dimensions'>,
  rules: readonly RankedRule[],
): string[] {
  const has = (dimension: RuleDimension): boolean => rules.some((rule) => rule[dimension] !== undefined);
  const { application = [], action = [], user = [], agentToken = [] } = dimensions;
  return [
    ...(has('applicationIds') ? application : []),
    ...(has('organizationIds') ? [...user, ...agentToken] : []),
    ...(has('actions') ? action : []),
  ];
}

/** The rules by their level, and within it by what `keyOf` says, the level that wins first. */
export function groupsOf(rules: readonly RankedRule[], keyOf: (rule: RankedRule) => string): RuleGroup[] {
  const groups = new Map<string, RuleGroup>();
  for (const rule of rules) {
    const key = [rule.priority, dimensionsOf(rule), keyOf(rule)].join(' ');
    const others = groups.get(key);
    groups.set(key, others === undefined ? [rule] : [...others, rule]);
  }
  return [...groups.values()];
}

/** Of rules that name one and the same dimension the values are put together: one look a row, however many rules. */
export function mergedMatches(ruled: RuledTable, [first, ...others]: RuleGroup): SqlFragment {
  const [dimension, ...further] = dimensionsOf(first);
  const all = [first, ...others].map((rule) => ({ rule, matches: ruleMatches(ruled, rule) }));
  if (dimension !== undefined && further.length === 0) {
    const values = all.flatMap(({ rule }) => rule[dimension] ?? []);
    return ruleMatches(ruled, { ...first, [dimension]: [...new Set(values)] });
  }
  return (bind) => `(${all.map(({ matches }) => matches(bind)).join(' or ')})`;
}

/** What a rule names. */
export function dimensionsOf(rule: RankedRule): readonly RuleDimension[] {
  return RULE_DIMENSIONS.filter((name) => rule[name] !== undefined);
}
