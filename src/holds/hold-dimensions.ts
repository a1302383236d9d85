import pg from 'pg';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import type { StoredTable } from '../database/stored-table.js';
import { BLANKS } from '../tasks/runs/holds-schema-steps.js';
import { defaultColumnName, type MappedTable } from '../database/mapped-table.js';

/**
 * Where a row says whom and what it belongs to: properties of the entity by what they name. Retention rules and legal holds go by them.
 * What a target leaves out, it does not say.
 */
export interface TargetDimensions<Property extends string = string> {
  /** Ids of users. @default none */
  readonly user?: readonly Property[];
  /** E-mail addresses, phone numbers or user names. @default none */
  readonly identifier?: readonly Property[];
  /** Ids of agent tokens. @default none */
  readonly agentToken?: readonly Property[];
  /** Ids of applications. @default none */
  readonly application?: readonly Property[];
  /** Ids of organizations. @default none */
  readonly organization?: readonly Property[];
  /** What happened, such as `login_failed`. @default none */
  readonly action?: readonly Property[];
  /** When the row was made. @default none */
  readonly created?: readonly Property[];
}

/** What a subject of a hold may be. */
export const SUBJECT_KINDS = ['user', 'identifier', 'agentToken', 'application', 'organization'] as const;

/** What a subject of a hold is. */
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** Something that a hold may go by. */
export type HoldDimension = 'user' | 'identifiers' | 'application' | 'organization' | 'created';

/** By which subjects the rows of each dimension are known: `hold_subjects` has them, as of the hold's placement and of each run's start. */
export const SUBJECTS_OF: Readonly<Record<Exclude<HoldDimension, 'created'>, readonly SubjectKind[]>> = {
  user: ['user', 'identifier', 'agentToken'],
  identifiers: ['identifier', 'user', 'agentToken'],
  application: ['application', 'agentToken'],
  organization: ['organization', 'user', 'identifier', 'agentToken'],
};

/** The dimensions of a hold, as its `shape` tells them: `user`, `user:uuid+created`; of `everything`, and of a whole target, none. */
export interface HoldShape {
  readonly text: string;
  readonly parts: readonly { readonly dimension: HoldDimension; readonly format: IdFormat }[];
}

/** How an id is written: in digits, as a uuid, otherwise; or in no way that the ids of its table are. */
export type IdFormat = 'integer' | 'uuid' | 'text' | 'unknown';

/** @param text the column `shape` */
export function parseShape(text: string): HoldShape {
  const parts = text === '' ? [] : text.split('+');
  return {
    text,
    parts: parts.map((part) => {
      const [dimension, format = 'integer'] = part.split(':');
      return { dimension: dimension as HoldDimension, format: format as IdFormat };
    }),
  };
}

/** A column of a target that names subjects. */
export interface SubjectColumn {
  readonly kind: SubjectKind;
  readonly sqlColumn: string;
  readonly type: string;
}

/** The columns by which rows of a target can be told, as far as the table has them. */
export interface TargetColumns {
  readonly subjects: readonly SubjectColumn[];
  readonly created: readonly string[];
  /** What rows may tell by a column that nobody can name. */
  readonly unknown: ReadonlySet<SubjectKind | 'created'>;
}

/** A column of a table. */
export interface StoredColumn {
  readonly sqlColumn: string;
  readonly type: string;
}

/**
 * The column of a property. `absent`: the entity maps it, and the table has no such column. `unknown`: the entity does not map it, and the
 * table has no column of Tenxyte's name for it; it may have one of another name.
 */
export function storedColumn(
  table: MappedTable,
  { columnTypes }: StoredTable,
  property: string,
): StoredColumn | 'absent' | 'unknown' {
  const { name, isMapped } = columnName(table, property);
  const type = columnTypes.get(name);
  return type === undefined ? (isMapped ? 'absent' : 'unknown') : { sqlColumn: pg.escapeIdentifier(name), type };
}

function columnName(table: MappedTable, property: string): { readonly name: string; readonly isMapped: boolean } {
  try {
    return { name: table.column(property), isMapped: true };
  } catch (error) {
    if (error instanceof MaintenanceConfigError) {
      return { name: defaultColumnName(property), isMapped: false };
    }
    throw error;
  }
}

/** Looks up which of a target's dimensions its table has a column for. */
export function targetColumns(dimensions: TargetDimensions, table: MappedTable, stored: StoredTable): TargetColumns {
  const unknown = new Set<SubjectKind | 'created'>();
  const columnsOf = (kind: SubjectKind | 'created'): readonly StoredColumn[] =>
    (dimensions[kind] ?? []).flatMap((property) => {
      const column = storedColumn(table, stored, property);
      if (column === 'unknown') {
        unknown.add(kind);
      }
      return typeof column === 'string' ? [] : [column];
    });
  return {
    subjects: SUBJECT_KINDS.flatMap((kind) => columnsOf(kind).map((column) => ({ kind, ...column }))),
    created: columnsOf('created')
      .filter(({ type }) => type === 'timestamp with time zone')
      .map(({ sqlColumn }) => sqlColumn),
    unknown,
  };
}

/** Types of ids that are compared as what they are; whatever else is compared as text. */
const ID_TYPES: Readonly<Record<string, { readonly sqlType: string; readonly format: IdFormat }>> = {
  smallint: { sqlType: 'pg_catalog.int8', format: 'integer' },
  integer: { sqlType: 'pg_catalog.int8', format: 'integer' },
  bigint: { sqlType: 'pg_catalog.int8', format: 'integer' },
  uuid: { sqlType: 'pg_catalog.uuid', format: 'uuid' },
};

/** The format of the ids that subjects have by the tables that they are looked up in; undefined of what is not there. */
export type FormatsOfSubjects = Readonly<Partial<Record<'user' | 'agentToken', IdFormat>>>;

/**
 * An identifier as it is compared: without the blanks around it, in small letters. By the collation of the database on both sides, as columns
 * may have one of their own that tells other capitals apart.
 */
export function identifierSql(expression: string): string {
  return `pg_catalog.lower(pg_catalog.btrim(${expression}::pg_catalog.text collate pg_catalog."default", ${BLANKS}))`;
}

/** Ids as they are written, in the regular expressions of PostgreSQL. */
export const INTEGER = '^(0|[1-9][0-9]{0,17}|[1-8][0-9]{18}|9[01][0-9]{17}|92[01][0-9]{16})$';
export const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/** Of the ids in a format the regular expression; undefined of any text. */
export function patternOf(format: IdFormat | undefined): string | undefined {
  return format === 'integer' ? INTEGER : format === 'uuid' ? UUID : undefined;
}

/** How the ids in a column of some type are written. */
export function formatOf(type: string | undefined): IdFormat {
  return ID_TYPES[type ?? '']?.format ?? 'text';
}

/** That a column of some type is the id which a text has; an index on the column serves. */
export function isId(column: string, type: string | undefined, text: string): string {
  const { sqlType, format } = ID_TYPES[type ?? ''] ?? { sqlType: 'pg_catalog.text', format: 'text' };
  const pattern = patternOf(format);
  return pattern === undefined
    ? `${column}::pg_catalog.text operator(pg_catalog.=) ${text}`
    : `${column} operator(pg_catalog.=) case when ${text} operator(pg_catalog.~*) '${pattern}' then ${text}::${sqlType} end`;
}

/** The format that the subjects of a hold must have to be compared with a column; undefined where any will do. */
export function formatWanted({ kind, type }: SubjectColumn): IdFormat | undefined {
  return kind === 'identifier' ? undefined : ID_TYPES[type]?.format;
}

/** How a column is compared with the subjects of a hold. */
export function comparisonOf({ kind, sqlColumn, type }: SubjectColumn): {
  readonly column: string;
  readonly value: string;
} {
  if (kind === 'identifier') {
    return { column: identifierSql(sqlColumn), value: 'subject.value' };
  }
  const cast = (expression: string): string => `${expression}::${ID_TYPES[type]?.sqlType ?? 'pg_catalog.text'}`;
  return { column: type === 'bigint' || type === 'uuid' ? sqlColumn : cast(sqlColumn), value: cast('subject.value') };
}
