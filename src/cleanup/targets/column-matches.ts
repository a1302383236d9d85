import type { MappedTable } from '../../database/mapped-table.js';
import { arrayText, type IdType, type SqlFragment } from '../../database/sql-statement.js';
import type { StoredTable } from '../../database/stored-table.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { describeValue } from '../../validation/validation.js';

/** Types whose values are compared as they are; all others, enumerations among them, are compared as text. */
const ID_TYPES: Readonly<
  Record<string, { readonly type: IdType; readonly holds: (value: string) => boolean; readonly words: string }>
> = {
  smallint: { type: 'int2', holds: (value) => isWhole(value, 15), words: 'a whole number' },
  integer: { type: 'int4', holds: (value) => isWhole(value, 31), words: 'a whole number' },
  bigint: { type: 'int8', holds: (value) => isWhole(value, 63), words: 'a whole number' },
  uuid: {
    type: 'uuid',
    holds: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
    words: 'a uuid in small letters, with its hyphens',
  },
};

function isWhole(value: string, bits: number): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(value) && BigInt.asIntN(bits + 1, BigInt(value)) === BigInt(value);
}

/** A column of a table, by the property that it is mapped to. */
export interface TableColumn {
  readonly table: MappedTable;
  readonly columnTypes: StoredTable['columnTypes'];
  readonly property: string;
}

/**
 * Writes that a column has one of some values, compared in its own type: a constant, of which PostgreSQL makes a hash table once there are
 * nine; a list of one costs a fifth more than a plain comparison. Without any value it is false.
 */
export function columnMatches(column: TableColumn, values: readonly string[]): SqlFragment {
  const { table, property } = column;
  const { type } = idTypeOf(column) ?? { type: 'text' };
  const operand = type === 'text' ? `${table.sqlColumn(property)}::pg_catalog.text` : table.sqlColumn(property);
  const [first, ...others] = values;
  if (first === undefined) {
    return () => 'false';
  }
  return others.length === 0
    ? (bind) => `${operand} operator(pg_catalog.=) ${bind(first, type)}`
    : (bind) => `${operand} operator(pg_catalog.=) any (${bind(arrayText(values), `${type}[]`)})`;
}

/**
 * Refuses a value that the column cannot hold, or would hold under another spelling, so that it would match nothing.
 *
 * @param owner what names the value, such as `The rule retention.rules.0 (application abc)`
 * @throws {MaintenanceError} `RETENTION_RULE`
 */
export function assertOfColumn(column: TableColumn, values: readonly string[], owner: string): void {
  const { table, columnTypes, property } = column;
  const expected = idTypeOf(column);
  const wrong = values.find((value) => expected?.holds(value) === false);
  if (wrong !== undefined) {
    const name = `${table.tableName}.${table.column(property)}`;
    throw new MaintenanceError(
      'RETENTION_RULE',
      `${owner} names ${describeValue(wrong)}, and ${name} is ${columnTypes.get(table.column(property))}, which takes ${expected?.words}. ` +
        `Nothing is deleted from it`,
    );
  }
}

function idTypeOf({ table, columnTypes, property }: TableColumn): (typeof ID_TYPES)[string] | undefined {
  return ID_TYPES[columnTypes.get(table.column(property)) ?? ''];
}
