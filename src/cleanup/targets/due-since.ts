import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import type { RetentionOption } from '../../retention/retention-policy.js';
import type { DueCondition } from './define-cleanup-target.js';
import { duePredicate, type RunCutoffs } from './due-predicate.js';

/** What the moment since when a row is due is reckoned from. */
export interface DueSinceTerms {
  readonly table: MappedTable;
  readonly cutoffs: RunCutoffs;
  /** Whole seconds by which an option keeps a row beyond its time. */
  readonly secondsOf: (option: RetentionOption) => number;
}

/**
 * Writes the moment since when a due row has been due, as a `timestamptz`: null where the row does not tell. Undefined when no row does.
 *
 * A row's time plus its retention is that moment; of alternatives the first that came true, of conditions that must all hold the last. A flag
 * such as `is_used` has no time. Nor has a revocation: `last_used_at`, by which the grace is reckoned, may lie weeks before it, and would
 * have a bulk revocation look like weeks of neglect.
 */
export function dueSince(condition: DueCondition, terms: DueSinceTerms): SqlFragment | undefined {
  if ('before' in condition) {
    const column = terms.table.sqlColumn(condition.before);
    const seconds = String(terms.secondsOf(condition.cutoff));
    // Not an interval of days, which are 23 or 25 hours long where the session's time zone changes its clocks.
    return (bind) => `${column} + ${bind(seconds, 'bigint')} * interval '1 second'`;
  }
  if ('anyOf' in condition) {
    return combined(
      'least',
      condition.anyOf.map((part) => whereTrue(part, terms)),
    );
  }
  if ('allOf' in condition) {
    return combined(
      'greatest',
      condition.allOf.map((part) => dueSince(part, terms)),
    );
  }
  return undefined;
}

/** Alternatives that do not hold yet have a time too, in the future. */
function whereTrue(part: DueCondition, terms: DueSinceTerms): SqlFragment | undefined {
  const since = dueSince(part, terms);
  const holds = duePredicate(part, terms.table, terms.cutoffs);
  return since === undefined ? undefined : (bind) => `case when ${holds(bind)} then ${since(bind)} end`;
}

function combined(choice: 'least' | 'greatest', parts: readonly (SqlFragment | undefined)[]): SqlFragment | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : (bind) => `${choice}(${told.map((part) => part(bind)).join(', ')})`;
}
