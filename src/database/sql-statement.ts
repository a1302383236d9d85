import pg from 'pg';

/** An SQL text with the values of its `$n` parameters. */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters: string[];
}

/**
 * Takes a value into a statement and answers its cast placeholder, such as `$2::pg_catalog.timestamptz`. Types, functions and operators are
 * named with their schema in every statement: whoever may create objects in a schema of the search path could put others in their place.
 */
export type Bind = (
  value: string,
  type: 'timestamptz' | 'tid' | 'tid[]' | 'oid[]' | 'jsonb' | IdType | `${IdType}[]`,
) => string;

/** The type of a column that holds ids or names. */
export type IdType = 'int2' | 'int4' | 'int8' | 'uuid' | 'text';

/** An array's text as PostgreSQL reads it, whatever its elements hold. */
export function arrayText(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** A piece of SQL that binds what it needs into the statement it becomes part of. */
export type SqlFragment = (bind: Bind) => string;

/** Writes a statement, numbering the parameters as they are bound; a value bound twice is one parameter. */
export function sqlStatement(write: (bind: Bind) => string): SqlStatement {
  const parameters: string[] = [];
  const numbers = new Map<string, number>();
  const sql = write((value, type) => {
    const key = `${type} ${value}`;
    const number = numbers.get(key) ?? parameters.push(value);
    numbers.set(key, number);
    return `$${number}::pg_catalog.${type}`;
  });
  return { sql, parameters };
}

/** Writes a statement with its values as literals, for a message that holds several statements and so takes no parameters. */
export function sqlText(write: (bind: Bind) => string): string {
  return write((value, type) => `${pg.escapeLiteral(value)}::pg_catalog.${type}`);
}
