import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import type { StoredTable } from '../../database/stored-table.js';
import type { RetentionOption } from '../../retention/retention-policy.js';
import { type RankedRule, ruleName } from '../../retention/rule-precedence.js';
import { assertOfColumn, columnMatches } from './column-matches.js';
import type { CleanupTarget } from './define-cleanup-target.js';
import { type AgeCondition, duePredicate, keepsEveryRow, type RunCutoffs } from './due-predicate.js';
import { dueSince } from './due-since.js';

/** The kind of the due rows for which no rule holds; those of a rule are of the kind of its place in the list. */
export const DEFAULT_KIND = -1;

/** How long rows are kept, by the option that decides it. */
export interface Retention {
  readonly cutoffs: RunCutoffs;
  /** Whole seconds by which an option keeps a row beyond its time. */
  readonly secondsOf: (option: RetentionOption) => number;
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

/** Rules that keep rows for the same time, and of which the order means nothing. */
interface Branch {
  readonly rules: readonly [RankedRule, ...RankedRule[]];
  /** Undefined: forever. */
  readonly retention: Retention | undefined;
}

/**
 * The condition of the due rows, in one pass: what every due row has before the latest of all cutoffs, by which an index on the age leads to
 * them, and the condition of the first rule that matches.
 */
export function ruledPredicate(ruled: RuledTable, ages: readonly AgeCondition[]): SqlFragment {
  const parts = [...ages.map((age) => beforeNewest(ruled, age)), choice(ruled, dueOf(ruled))];
  return (bind) => `(${parts.map((part) => part(bind)).join(' and ')})`;
}

/** That a row lies before the latest cutoff that any rule gives an age column: true of every due row. */
export function beforeNewest({ table, rules, byDefault, ofDays, target }: RuledTable, age: AgeCondition): SqlFragment {
  const days = rules.flatMap((rule) => (rule.days === 'forever' ? [] : [rule.days]));
  const retentions = [
    ...(keepsEveryRow(target.dueWhen, byDefault.cutoffs) ? [] : [byDefault]),
    ...(days.length === 0 ? [] : [ofDays(Math.min(...days))]),
  ];
  const instants = retentions.map(({ cutoffs }) => cutoffs(age.cutoff).instant).toSorted();
  const newest = instants.at(-1);
  return newest === undefined
    ? () => 'false'
    : (bind) => `${table.sqlColumn(age.before)} operator(pg_catalog.<) ${bind(newest, 'timestamptz')}`;
}

/** The moment since when a due row has been due: see {@link dueSince}. */
export function ruledSince(ruled: RuledTable): SqlFragment {
  const { target, table } = ruled;
  const unknown: SqlFragment = () => 'null::pg_catalog.timestamptz';
  return choice(ruled, (retention) =>
    retention === undefined ? unknown : (dueSince(target.dueWhen, { table, ...retention }) ?? unknown),
  );
}

/** The kind of a due row: the place of the rule that holds for it, or {@link DEFAULT_KIND}. */
export function ruleKind(ruled: RuledTable): SqlFragment {
  const cases = ruled.rules.map((rule) => ({ matches: ruleMatches(ruled, rule), index: rule.index }));
  return (bind) =>
    `case ${cases.map(({ matches, index }) => `when ${matches(bind)} then ${index}`).join(' ')} else ${DEFAULT_KIND} end`;
}

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
  const has = (dimension: 'applicationIds' | 'organizationIds' | 'actions'): boolean =>
    rules.some((rule) => rule[dimension] !== undefined);
  const { application = [], action = [], user = [], agentToken = [] } = dimensions;
  return [
    ...(has('applicationIds') ? application : []),
    ...(has('organizationIds') ? [...user, ...agentToken] : []),
    ...(has('actions') ? action : []),
  ];
}

function dueOf({ target, table }: RuledTable): (retention: Retention | undefined) => SqlFragment {
  return (retention) =>
    retention === undefined ? () => 'false' : duePredicate(target.dueWhen, table, retention.cutoffs);
}

/** Writes for each row what its retention makes of it. */
function choice(ruled: RuledTable, write: (retention: Retention | undefined) => SqlFragment): SqlFragment {
  const cases = branchesOf(ruled).map(({ rules, retention }) => ({
    matches: mergedMatches(ruled, rules),
    outcome: write(retention),
  }));
  const otherwise = write(ruled.byDefault);
  return (bind) =>
    `case ${cases.map(({ matches, outcome }) => `when ${matches(bind)} then ${outcome(bind)}`).join(' ')} else ${otherwise(bind)} end`;
}

/** Rules of one priority that name the same dimensions match no row together unless they keep it as long. */
function branchesOf({ rules, ofDays }: RuledTable): Branch[] {
  const branches = new Map<string, Branch>();
  for (const rule of rules) {
    const key = [rule.priority, rule.days, dimensionsOf(rule)].join(' ');
    const others = branches.get(key)?.rules;
    const retention = rule.days === 'forever' ? undefined : ofDays(rule.days);
    branches.set(key, { rules: others === undefined ? [rule] : [...others, rule], retention });
  }
  return [...branches.values()];
}

/** Of rules that name one and the same dimension the values are put together: one look a row, however many rules. */
function mergedMatches(ruled: RuledTable, [first, ...others]: Branch['rules']): SqlFragment {
  const [dimension, ...further] = dimensionsOf(first);
  const all = [first, ...others].map((rule) => ({ rule, matches: ruleMatches(ruled, rule) }));
  if (dimension !== undefined && further.length === 0) {
    const values = all.flatMap(({ rule }) => rule[dimension] ?? []);
    return ruleMatches(ruled, { ...first, [dimension]: [...new Set(values)] });
  }
  return (bind) => `(${all.map(({ matches }) => matches(bind)).join(' or ')})`;
}

function dimensionsOf(rule: RankedRule): readonly ('applicationIds' | 'organizationIds' | 'actions')[] {
  return (['applicationIds', 'organizationIds', 'actions'] as const).filter((name) => rule[name] !== undefined);
}
