import pg from 'pg';

/** A table as the entity in force maps it. Identifiers are escaped by `pg`: TypeORM 0.3 leaves a quote in them alone. */
export interface MappedTable {
  /** The table with its schema, when the entity names one, escaped for SQL. */
  readonly sqlName: string;
  /** The table's name without its schema, unescaped, for reports. */
  readonly tableName: string;
  /** The unescaped database name of the column a property is mapped to. */
  column(property: string): string;
  /** The same, escaped for SQL. */
  sqlColumn(property: string): string;
}

/** Tenxyte's and this package's way to name the column of a property: `createdAt` is `created_at`. */
export function defaultColumnName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Schema and name, escaped for SQL. */
export function sqlNameOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
