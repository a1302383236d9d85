import pg from 'pg';
import type { DataSource, EntityMetadata } from 'typeorm';
import { defaultColumnName, type MappedTable } from '../database/mapped-table.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import type { EntityClasses, TenxyteEntityName } from './tenxyte-entities.js';

/**
 * Looks an entity up in the data source. @param needed properties that must be mapped
 *
 * @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks a property, has two for
 * one, or shares its table with other classes
 */
export function mappedTable(
  dataSource: DataSource,
  entities: EntityClasses,
  name: TenxyteEntityName,
  needed: readonly string[] = [],
): MappedTable {
  const metadata = entityMetadata(dataSource, entities, name);
  assertOwnTable(metadata, name);
  const column = (property: string): string => columnName(metadata, name, property);
  needed.forEach(column);
  const schema = Object.hasOwn(metadata, 'schema') ? metadata.schema : undefined;
  const path = schema === undefined ? [metadata.tableName] : [schema, metadata.tableName];
  return {
    sqlName: path.map((part) => pg.escapeIdentifier(part)).join('.'),
    tableName: metadata.tableName,
    column,
    sqlColumn: (property) => pg.escapeIdentifier(column(property)),
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

/** In single-table inheritance a class means some rows of its table, and no statement of this package would tell them from the others. */
function assertOwnTable({ name: entity, discriminatorColumn }: EntityMetadata, name: TenxyteEntityName): void {
  if (discriminatorColumn !== undefined) {
    throw new MaintenanceConfigError('A replaced entity shares its table', [
      {
        path: `entities.${name}`,
        received: `${entity}, told from other classes of its table by the column "${discriminatorColumn.databaseName}"`,
        accepted: 'a class with a table of its own, without TableInheritance or ChildEntity',
      },
    ]);
  }
}

/** A host's class may name its property otherwise, as long as the column bears Tenxyte's name. What stands in an embedded class counts last. */
function columnName(metadata: EntityMetadata, name: TenxyteEntityName, property: string): string {
  const fallback = defaultColumnName(property);
  const own = metadata.columns.filter(({ propertyPath }) => propertyPath === property);
  const found =
    own.length > 0
      ? own
      : metadata.columns.filter(
          ({ propertyName, databaseName }) => propertyName === property || databaseName === fallback,
        );
  const [column] = found;
  if (column === undefined || found.some(({ databaseName }) => databaseName !== column.databaseName)) {
    throw new MaintenanceConfigError(
      `A replaced entity ${column === undefined ? 'lacks a column' : 'has two columns for one'}`,
      [
        {
          path: `entities.${name}`,
          received:
            column === undefined
              ? `${metadata.name} without "${property}"`
              : `${metadata.name} with ${found.map(({ propertyPath }) => `"${propertyPath}"`).join(' and ')}`,
          accepted: `a class that maps a property "${property}" or a column "${fallback}"`,
        },
      ],
    );
  }
  return column.databaseName;
}
