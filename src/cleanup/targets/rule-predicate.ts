import type { SqlFragment } from '../../database/sql-statement.js';
import { type AgeCondition, duePredicate, keepsEveryRow } from './due-predicate.js';
import { dueSince } from './due-since.js';
import { groupsOf, mergedMatches, type Retention, type RuledTable } from './rule-matches.js';

/**
 * The condition of the due rows, in one pass: what every due row has before the latest of all cutoffs, by which an index on the age leads to
 * them, and the condition of the first rule that matches.
 */
export function ruledPredicate(ruled: RuledTable, ages: readonly AgeCondition[]): SqlFragment {
  const [all, choose] = [dueByAll(ruled), choice(ruled, dueOf(ruled))];
  const byRule: SqlFragment = (bind) => `(${all(bind)} or ${choose(bind)})`;
  const parts = [...ages.map((age) => beforeNewest(ruled, age)), byRule];
  return (bind) => `(${parts.map((part) => part(bind)).join(' and ')})`;
}

/** That a row is due whichever rule holds for it, and if none does: true of most due rows, of which no rule need be looked for. */
function dueByAll({ target, table, rules, byDefault, ofDays }: RuledTable): SqlFragment {
  const longest = Math.max(...rules.map(({ days }) => (days === 'forever' ? Infinity : days)));
  if (longest === Infinity) {
    return () => 'false';
  }
  const parts = [ofDays(longest), byDefault].map(({ cutoffs }) => duePredicate(target.dueWhen, table, cutoffs));
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

function dueOf({ target, table }: RuledTable): (retention: Retention | undefined) => SqlFragment {
  return (retention) =>
    retention === undefined ? () => 'false' : duePredicate(target.dueWhen, table, retention.cutoffs);
}

/** Writes for each row what its retention makes of it. */
function choice(ruled: RuledTable, write: (retention: Retention | undefined) => SqlFragment): SqlFragment {
  // Rules of one level match no row together unless they keep it as long: the order among them means nothing.
  const cases = groupsOf(ruled.rules, ({ days }) => String(days)).map((rules) => ({
    matches: mergedMatches(ruled, rules),
    outcome: write(rules[0].days === 'forever' ? undefined : ruled.ofDays(rules[0].days)),
  }));
  const otherwise = write(ruled.byDefault);
  return (bind) =>
    `case ${cases.map(({ matches, outcome }) => `when ${matches(bind)} then ${outcome(bind)}`).join(' ')} else ${otherwise(bind)} end`;
}
