import { arrayText, type SqlFragment } from '../database/sql-statement.js';
import { inForce } from '../tasks/runs/holds-schema-steps.js';
import {
  comparisonOf,
  formatWanted,
  type FormatsOfSubjects,
  type HoldDimension,
  type HoldShape,
  identifierSql,
  SUBJECTS_OF,
  type SubjectColumn,
  type SubjectKind,
  type TargetColumns,
} from './hold-dimensions.js';

/** The tables of the holds, escaped for SQL. */
export interface HoldTables {
  readonly holds: string;
  readonly subjects: string;
}

/**
 * True when the rows that a hold of this shape holds can be told from others by the columns of a target.
 *
 * @param formats of what others than the hold itself say of it: its shape tells the format of what it names
 */
export function isExpressible(
  { parts }: HoldShape,
  { subjects, created, unknown }: TargetColumns,
  formats: FormatsOfSubjects,
): boolean {
  return (
    parts.length > 0 &&
    parts.every(({ dimension, format }) => {
      if (format === 'unknown') {
        return false;
      }
      if (dimension === 'created') {
        return created.length > 0 && !unknown.has('created');
      }
      const reachable = subjects.filter(({ kind }) => SUBJECTS_OF[dimension].includes(kind));
      const own = reachable.filter(({ kind }) => kind === dimension).map(formatWanted);
      const others = reachable.filter(({ kind }) => kind !== dimension);
      return (
        reachable.length > 0 &&
        !SUBJECTS_OF[dimension].some((kind) => unknown.has(kind)) &&
        others.every((column) => isComparable(column, formats)) &&
        own.every((wanted) => wanted === undefined || wanted === format)
      );
    })
  );
}

/** False of a column whose ids are written otherwise than those that would be compared with it: it names others than those looked up. */
function isComparable(column: SubjectColumn, formats: FormatsOfSubjects): boolean {
  const wanted = formatWanted(column);
  const format = column.kind === 'user' || column.kind === 'agentToken' ? formats[column.kind] : undefined;
  return wanted === undefined || format === undefined || wanted === format;
}

/**
 * The condition that no hold in force holds a row, for holds of some shapes that can be told by the target's columns. Holds of one dimension
 * are a look-up in a hashed list for each column, however many there are; those of several are asked one by one.
 */
export function notHeld(
  { holds, subjects }: HoldTables,
  target: string,
  columns: TargetColumns,
  shapes: readonly HoldShape[],
): {
  readonly condition: SqlFragment;
  /** The lists, as queries, that each batch reads. */
  readonly lists: readonly SqlFragment[];
} {
  const isSingle = ({ parts }: HoldShape): boolean => parts.length === 1 && parts[0]?.dimension !== 'created';
  const singles = shapes.filter(isSingle);
  const mixed = shapes.filter((shape) => !isSingle(shape));
  const ofShapes = (of: string, some: readonly HoldShape[]): SqlFragment => {
    const texts = arrayText(some.map(({ text }) => text));
    return (bind) => `${of}.shape operator(pg_catalog.=) any (${bind(texts, 'text')}::pg_catalog.text[])`;
  };
  const kinds = new Set(singles.flatMap(({ parts }) => parts.flatMap(({ dimension }) => kindsOf(dimension))));
  // What a hold that is over came to is forgotten at each run's start: a batch need not ask the hold itself.
  const lists = columns.subjects
    .filter(({ kind }) => kinds.has(kind))
    .map((subject) => {
      const { column, value } = comparisonOf(subject);
      const list: SqlFragment = (bind) => `
        select ${value}
        from ${subjects} as subject
        where subject.kind operator(pg_catalog.=) '${subject.kind}'
          and ${ofShapes('subject', singles)(bind)}
          and ${isOfTarget('subject', [target])(bind)}`;
      return { sqlColumn: subject.sqlColumn, column, list };
    });
  const clauses = lists.map(
    ({ sqlColumn, column, list }): SqlFragment =>
      (bind) =>
        `(${sqlColumn} is null or not (${column} operator(pg_catalog.=) any (${list(bind)})))`,
  );
  const ofMixed = holdsOfRow(
    { holds, subjects },
    columns,
    mixed,
    (bind) => `${ofShapes('hold', mixed)(bind)} and ${appliesTo([target])(bind)}`,
  );
  const all: SqlFragment[] = mixed.length === 0 ? clauses : [...clauses, (bind) => `not exists (${ofMixed(bind)})`];
  return {
    condition: (bind) => `(${all.map((clause) => clause(bind)).join(' and ')})`,
    lists: lists.map(({ list }) => list),
  };
}

/** That a hold is in force and applies to any of these targets. */
export function appliesTo(targets: readonly string[]): SqlFragment {
  return (bind) => `${inForce('hold')} and ${isOfTarget('hold', targets)(bind)}`;
}

function isOfTarget(of: string, targets: readonly string[]): SqlFragment {
  return (bind) =>
    `(${of}.target is null or ${of}.target operator(pg_catalog.=) any (${bind(arrayText(targets), 'text')}::pg_catalog.text[]))`;
}

/**
 * The holds, as a query for their ids, that hold a row, among those of some shapes and that meet a condition. The columns of the row go by
 * names of their own, as those of the holds would stand for them otherwise.
 */
export function holdsOfRow(
  { holds, subjects }: HoldTables,
  columns: TargetColumns,
  shapes: readonly HoldShape[],
  condition: SqlFragment,
): SqlFragment {
  const dimensions = new Set(shapes.flatMap(({ parts }) => parts.map(({ dimension }) => dimension)));
  const values = [
    ...columns.subjects.map(({ kind, sqlColumn }) =>
      kind === 'identifier' ? identifierSql(sqlColumn) : `${sqlColumn}::pg_catalog.text`,
    ),
    ...columns.created,
  ];
  const nameOf = (index: number): string => `held_row.column_${index}`;
  const matches = [...dimensions].map((dimension) => {
    if (dimension === 'created') {
      const within = columns.created.map((_, index) => isWithin(nameOf(columns.subjects.length + index)));
      return `(hold.created_from is null and hold.created_to is null or ${within.join(' or ')})`;
    }
    const same = columns.subjects.flatMap(({ kind }, index) =>
      SUBJECTS_OF[dimension].includes(kind)
        ? [`(subject.kind operator(pg_catalog.=) '${kind}' and subject.value operator(pg_catalog.=) ${nameOf(index)})`]
        : [],
    );
    return `(${HOLD_COLUMNS[dimension]} is null or exists (
        select
        from ${subjects} as subject
        where subject.hold_id operator(pg_catalog.=) hold.id
          and subject.dimension operator(pg_catalog.=) '${dimension}'
          and (${same.join(' or ')})
      ))`;
  });
  return (bind) => `
      select hold.id::pg_catalog.text as id
      from (select ${values.join(', ') || 'null'}) as held_row (${values.map((_, index) => `column_${index}`).join(', ') || 'nothing'})
      cross join ${holds} as hold
      where ${[condition(bind), ...matches].join('\n        and ')}`;
}

/** A row without a time may be of any. */
function isWithin(column: string): string {
  return `(${column} is null or (
        (hold.created_from is null or ${column} operator(pg_catalog.>=) hold.created_from)
        and (hold.created_to is null or ${column} operator(pg_catalog.<) hold.created_to)
      ))`;
}

const HOLD_COLUMNS: Readonly<Record<Exclude<HoldDimension, 'created'>, string>> = {
  user: 'hold.user_id',
  identifiers: 'hold.identifiers',
  application: 'hold.application_id',
  organization: 'hold.organization_id',
};

function kindsOf(dimension: HoldDimension): readonly SubjectKind[] {
  return dimension === 'created' ? [] : SUBJECTS_OF[dimension];
}
