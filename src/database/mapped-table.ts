import type { DataSource, EntityMetadata } from 'typeorm';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import type { EntityClasses, TenxyteEntityName } from '../tenxyte/tenxyte-entities.js';

/** A table as the entity in force maps it. Identifiers are escaped by the driver's own rule. */
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

/**
 * Looks an entity up in the data source.
 *
 * @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks a property
 */
export function mappedTable(dataSource: DataSource, entities: EntityClasses, name: TenxyteEntityName): MappedTable {
  const metadata = entityMetadata(dataSource, entities, name);
  const column = (property: string): string => columnName(metadata, name, property);
  const path = metadata.schema === undefined ? [metadata.tableName] : [metadata.schema, metadata.tableName];
  return {
    sqlName: path.map((part) => dataSource.driver.escape(part)).join('.'),
    tableName: metadata.tableName,
    column,
    sqlColumn: (property) => dataSource.driver.escape(column(property)),
  };
}

function entityMetadata(dataSource: DataSource, entities: EntityClasses, name: TenxyteEntityName): EntityMetadata {
  if (!dataSource.hasMetadata(entities[name])) {
    throw new MaintenanceConfigError('The data source does not know every entity', [
      {
        path: `entities.${name}`,
        received: `${entities[name].name}, unknown to the data source`,
        accepted: "a registered entity: set autoLoadEntities: true, or list it in the data source's entities",
      },
    ]);
  }
  return dataSource.getMetadata(entities[name]);
}

/** A host's class may name its property otherwise, as long as the column bears Tenxyte's name. */
function columnName(metadata: EntityMetadata, name: TenxyteEntityName, property: string): string {
  const fallback = defaultColumnName(property);
  const column =
    metadata.findColumnWithPropertyName(property) ??
    metadata.columns.find(({ databaseName }) => databaseName === fallback);
  if (column === undefined) {
    throw new MaintenanceConfigError('A replaced entity lacks a column', [
      {
        path: `entities.${name}`,
        received: `${metadata.name} without "${property}"`,
        accepted: `a class that maps a property "${property}" or a column "${fallback}"`,
      },
    ]);
  }
  return column.databaseName;
}

/** Tenxyte's and this package's way to name the column of a property: `createdAt` is `created_at`. */
export function defaultColumnName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
