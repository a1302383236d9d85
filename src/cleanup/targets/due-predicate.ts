import type { NeededColumn } from '../../batches/assert-batchable.js';
import type { Instant } from '../../database/instant.js';
import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import { zeroMeansForever } from '../../retention/retention-policy.js';
import { hasOwn } from '../../validation/own-properties.js';
import type { Cutoff, DueCondition } from './define-cleanup-target.js';

/** Every cutoff of one run. */
export type RunCutoffs = (cutoff: Cutoff) => { readonly instant: Instant; readonly isZero: boolean };

/**
 * Builds the one predicate of a target, which the dry run counts by and every DELETE carries whole. Cutoffs are parameters;
 * identifiers come from the entity's metadata.
 */
export function duePredicate(condition: DueCondition, table: MappedTable, cutoffs: RunCutoffs): SqlFragment {
  const write = (part: DueCondition): SqlFragment => duePredicate(part, table, cutoffs);
  if (hasOwn(condition, 'anyOf')) {
    return (bind) => `(${condition.anyOf.map((part) => write(part)(bind)).join(' or ')})`;
  }
  if (hasOwn(condition, 'allOf')) {
    return (bind) => `(${condition.allOf.map((part) => write(part)(bind)).join(' and ')})`;
  }
  if (hasOwn(condition, 'when')) {
    const since: DueCondition = { before: condition.graceSince, cutoff: condition.cutoff };
    return write(cutoffs(condition.cutoff).isZero ? condition.when : { allOf: [condition.when, since] });
  }
  if (hasOwn(condition, 'before')) {
    if (keepsForever(condition.cutoff, cutoffs)) {
      return () => 'false';
    }
    const column = table.sqlColumn(condition.before);
    return (bind) => `${column} operator(pg_catalog.<) ${bind(cutoffs(condition.cutoff).instant, 'timestamptz')}`;
  }
  if (hasOwn(condition, 'isTrue')) {
    return () => table.sqlColumn(condition.isTrue);
  }
  if (hasOwn(condition, 'isNull')) {
    return () => `${table.sqlColumn(condition.isNull)} is null`;
  }
  return (bind) =>
    `${table.sqlColumn(condition.differs)}::pg_catalog.text operator(pg_catalog.<>) ${bind(condition.from, 'text')}`;
}

/** True when a policy keeps every row: the condition cannot hold, as options that keep forever at 0 rule all of its alternatives. */
export function keepsEveryRow(condition: DueCondition, cutoffs: RunCutoffs): boolean {
  const keeps = (part: DueCondition): boolean => keepsEveryRow(part, cutoffs);
  if (hasOwn(condition, 'anyOf')) {
    return condition.anyOf.every(keeps);
  }
  if (hasOwn(condition, 'allOf')) {
    return condition.allOf.some(keeps);
  }
  return hasOwn(condition, 'when')
    ? keeps(condition.when)
    : hasOwn(condition, 'before') && keepsForever(condition.cutoff, cutoffs);
}

function keepsForever(cutoff: Cutoff, cutoffs: RunCutoffs): boolean {
  return (typeof cutoff === 'object' || zeroMeansForever(cutoff)) && cutoffs(cutoff).isZero;
}

/** The columns that a condition reads, each once, with the type that one of its parts asks for. */
export function requiredColumns(condition: DueCondition): readonly NeededColumn[] {
  const columns = new Map<string, NeededColumn>();
  for (const column of columnsOf(condition)) {
    columns.set(column.property, { ...column, type: column.type ?? columns.get(column.property)?.type });
  }
  return [...columns.values()];
}

function columnsOf(condition: DueCondition): readonly NeededColumn[] {
  if (hasOwn(condition, 'anyOf') || hasOwn(condition, 'allOf')) {
    return (hasOwn(condition, 'anyOf') ? condition.anyOf : condition.allOf).flatMap(columnsOf);
  }
  if (hasOwn(condition, 'when')) {
    return [...columnsOf(condition.when), { property: condition.graceSince, type: 'timestamp with time zone' }];
  }
  if (hasOwn(condition, 'before')) {
    return [{ property: condition.before, type: 'timestamp with time zone' }];
  }
  if (hasOwn(condition, 'isTrue')) {
    return [{ property: condition.isTrue, type: 'boolean' }];
  }
  return [{ property: hasOwn(condition, 'isNull') ? condition.isNull : condition.differs, type: undefined }];
}

/** A condition that a column lies before a cutoff. */
export type AgeCondition = Extract<DueCondition, { readonly before: string }>;

/** The conditions on an age that every due row satisfies. A condition with alternatives has none. */
export function ageConditions(condition: DueCondition): readonly AgeCondition[] {
  if (hasOwn(condition, 'before')) {
    return [condition];
  }
  return hasOwn(condition, 'allOf') ? condition.allOf.flatMap(ageConditions) : [];
}

/**
 * The properties whose index can find the due rows: those that every due row has before a cutoff. A condition with
 * alternatives has none, as no single index covers it.
 */
export function ageProperties(condition: DueCondition): readonly string[] {
  return ageConditions(condition).map(({ before }) => before);
}
