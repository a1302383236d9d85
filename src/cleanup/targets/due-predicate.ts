import type { NeededColumn } from '../../batches/assert-batchable.js';
import type { Instant } from '../../database/instant.js';
import type { MappedTable } from '../../database/mapped-table.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import { type RetentionOption, zeroMeansForever } from '../../retention/retention-policy.js';
import type { DueCondition } from './define-cleanup-target.js';

/** The cutoff of each retention option in one run. */
export type RunCutoffs = (option: RetentionOption) => { readonly instant: Instant; readonly isZero: boolean };

/**
 * Builds the one predicate of a target, which the dry run counts by and every DELETE carries whole. Cutoffs are parameters;
 * identifiers come from the entity's metadata.
 */
export function duePredicate(condition: DueCondition, table: MappedTable, cutoffs: RunCutoffs): SqlFragment {
  const write = (part: DueCondition): SqlFragment => duePredicate(part, table, cutoffs);
  if ('anyOf' in condition) {
    return (bind) => `(${condition.anyOf.map((part) => write(part)(bind)).join(' or ')})`;
  }
  if ('allOf' in condition) {
    return (bind) => `(${condition.allOf.map((part) => write(part)(bind)).join(' and ')})`;
  }
  if ('when' in condition) {
    const since: DueCondition = { before: condition.graceSince, cutoff: condition.cutoff };
    return write(cutoffs(condition.cutoff).isZero ? condition.when : { allOf: [condition.when, since] });
  }
  if ('before' in condition) {
    if (keepsForever(condition.cutoff, cutoffs)) {
      return () => 'false';
    }
    const column = table.sqlColumn(condition.before);
    return (bind) => `${column} operator(pg_catalog.<) ${bind(cutoffs(condition.cutoff).instant, 'timestamptz')}`;
  }
  if ('isTrue' in condition) {
    return () => table.sqlColumn(condition.isTrue);
  }
  if ('isNull' in condition) {
    return () => `${table.sqlColumn(condition.isNull)} is null`;
  }
  return (bind) =>
    `${table.sqlColumn(condition.differs)}::pg_catalog.text operator(pg_catalog.<>) ${bind(condition.from, 'text')}`;
}

/** True when a policy keeps every row: the condition cannot hold, as options that keep forever at 0 rule all of its alternatives. */
export function keepsEveryRow(condition: DueCondition, cutoffs: RunCutoffs): boolean {
  const keeps = (part: DueCondition): boolean => keepsEveryRow(part, cutoffs);
  if ('anyOf' in condition) {
    return condition.anyOf.every(keeps);
  }
  if ('allOf' in condition) {
    return condition.allOf.some(keeps);
  }
  return 'when' in condition ? keeps(condition.when) : 'before' in condition && keepsForever(condition.cutoff, cutoffs);
}

function keepsForever(option: RetentionOption, cutoffs: RunCutoffs): boolean {
  return zeroMeansForever(option) && cutoffs(option).isZero;
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
  if ('anyOf' in condition || 'allOf' in condition) {
    return ('anyOf' in condition ? condition.anyOf : condition.allOf).flatMap(columnsOf);
  }
  if ('when' in condition) {
    return [...columnsOf(condition.when), { property: condition.graceSince, type: 'timestamp with time zone' }];
  }
  if ('before' in condition) {
    return [{ property: condition.before, type: 'timestamp with time zone' }];
  }
  if ('isTrue' in condition) {
    return [{ property: condition.isTrue, type: 'boolean' }];
  }
  return [{ property: 'isNull' in condition ? condition.isNull : condition.differs, type: undefined }];
}

/** A condition that a column lies before a cutoff. */
export type AgeCondition = Extract<DueCondition, { readonly before: string }>;

/** The conditions on an age that every due row satisfies. A condition with alternatives has none. */
export function ageConditions(condition: DueCondition): readonly AgeCondition[] {
  if ('before' in condition) {
    return [condition];
  }
  return 'allOf' in condition ? condition.allOf.flatMap(ageConditions) : [];
}

/**
 * The properties whose index can find the due rows: those that every due row has before a cutoff. A condition with
 * alternatives has none, as no single index covers it.
 */
export function ageProperties(condition: DueCondition): readonly string[] {
  return ageConditions(condition).map(({ before }) => before);
}
