import type { SqlFragment } from '../../database/sql-statement.js';
import { dimensionsOf, groupsOf, mergedMatches, type RuledTable, type RuleGroup, ruleMatches } from './rule-matches.js';

/** The kind of the due rows for which no rule holds; those of a rule are of the kind of its place in the list. */
export const DEFAULT_KIND = -1;

/** From so many rules on, a map tells the rule of a row. */
const MOST_CASES = 8;

/** The kind of a due row: the place of the rule that holds for it, or {@link DEFAULT_KIND}. */
export function ruleKind(ruled: RuledTable): SqlFragment {
  const cases = groupsOf(ruled.rules, () => '').flatMap((level) => kindCases(ruled, level));
  return (bind) => `case ${cases.map((each) => each(bind)).join(' ')} else ${DEFAULT_KIND} end`;
}

/** A case a rule; of many rules by one value each one look into a map, as hundreds of cases cost ten times what deleting the row does. */
function kindCases(ruled: RuledTable, level: RuleGroup): SqlFragment[] {
  const [dimension, ...further] = dimensionsOf(level[0]);
  const property = dimension === 'applicationIds' ? 'application' : dimension === 'actions' ? 'action' : undefined;
  const [column, ...others] = property === undefined ? [] : (ruled.target.dimensions[property] ?? []);
  if (
    level.length <= MOST_CASES ||
    dimension === undefined ||
    further.length > 0 ||
    column === undefined ||
    others.length > 0
  ) {
    return level.map((rule) => {
      const matches = ruleMatches(ruled, rule);
      return (bind) => `when ${matches(bind)} then ${rule.index}`;
    });
  }
  // The first rule that names a value has it: later entries of a map replace earlier ones.
  const indexes = level
    .toReversed()
    .flatMap((rule) => (rule[dimension] ?? []).map((value) => [value, rule.index] as const));
  const map = JSON.stringify(Object.fromEntries(indexes));
  const matches = mergedMatches(ruled, level);
  const value = `${ruled.table.sqlColumn(column)}::pg_catalog.text`;
  return [
    (bind) => `when ${matches(bind)} then (${bind(map, 'jsonb')} operator(pg_catalog.->>) ${value})::pg_catalog.int4`,
  ];
}
