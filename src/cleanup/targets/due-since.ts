import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import { hasOwn } from '../../validation/own-properties.js';
import type { Cutoff, DueCondition } from './define-cleanup-target.js';
import { duePredicate, type RunCutoffs } from './due-predicate.js';

/**
 * Writes the moment since when a due row has been due, as a `timestamptz`: null where the row does not tell. Undefined when no row does.
 *
 * A row's time plus its retention is that moment; of alternatives the first that came true, of conditions that must all hold the last. A
 * flag such as `is_used` has no time. Nor has a revocation: `last_used_at`, by which the grace is reckoned, may lie weeks before it, and
 * would have a bulk revocation look like weeks of neglect.
 */
export function dueSince(
  condition: DueCondition,
  context: {
    readonly table: MappedTable;
    readonly cutoffs: RunCutoffs;
    /** Whole seconds by which a row is kept beyond its time. */
    readonly secondsOf: (cutoff: Cutoff) => number;
  },
): SqlFragment | undefined {
  const { table, cutoffs, secondsOf } = context;
  if (hasOwn(condition, 'before')) {
    const column = table.sqlColumn(condition.before);
    const seconds = String(secondsOf(condition.cutoff));
    // Not an interval of days, which are 23 or 25 hours long where the session's time zone changes its clocks.
    return (bind) =>
      `(${column} operator(pg_catalog.+) (${bind(seconds, 'int8')} operator(pg_catalog.*) interval '1 second'))`;
  }
  if (hasOwn(condition, 'anyOf')) {
    return combined(
      'least',
      condition.anyOf.map((part) => {
        const since = dueSince(part, context);
        // Alternatives that do not hold yet have a time too, in the future.
        const holds = duePredicate(part, table, cutoffs);
        return since === undefined ? undefined : (bind) => `case when ${holds(bind)} then ${since(bind)} end`;
      }),
    );
  }
  if (hasOwn(condition, 'allOf')) {
    return combined(
      'greatest',
      condition.allOf.map((part) => dueSince(part, context)),
    );
  }
  return undefined;
}

function combined(choice: 'least' | 'greatest', parts: readonly (SqlFragment | undefined)[]): SqlFragment | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : (bind) => `${choice}(${told.map((part) => part(bind)).join(', ')})`;
}
