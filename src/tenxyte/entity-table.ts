import type { DataSource, EntityMetadata } from 'typeorm';
import { defaultColumnName, type MappedTable } from '../database/mapped-table.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import type { EntityClasses, TenxyteEntityName } from './tenxyte-entities.js';

/**
 * Looks an entity up in the data source. @param needed properties that must be mapped
 *
 * @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks a property
 */
export function mappedTable(
  dataSource: DataSource,
  entities: EntityClasses,
  name: TenxyteEntityName,
  needed: readonly string[] = [],
): MappedTable {
  const metadata = entityMetadata(dataSource, entities, name);
  const column = (property: string): string => columnName(metadata, name, property);
  needed.forEach(column);
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
