import pg from 'pg';
import type { DataSource, EntityMetadata } from 'typeorm';
import { defaultColumnName, type MappedTable } from '../database/mapped-table.js';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { assertNoProblems } from '../validation/validation.js';
import type { EntityClass, EntityClasses, TenxyteEntityName } from './tenxyte-entities.js';

/** The properties of an entity that a task touches. */
export interface EntityNeed {
  readonly entity: TenxyteEntityName;
  readonly properties: readonly string[];
}

/** What is wrong, and where everything stands that has to be mapped. */
const UNMAPPED = 'The entities do not map what is needed (docs/entities.md in this package lists all of it)';

/**
 * Looks an entity up in the data source. @param needed properties that must be mapped
 *
 * @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks properties, has two for
 * one, or shares its table with other classes
 */
export function mappedTable(
  dataSource: DataSource,
  entities: EntityClasses,
  name: TenxyteEntityName,
  needed: readonly string[] = [],
): MappedTable {
  assertMapped(dataSource, entities, [{ entity: name, properties: needed }]);
  const metadata = dataSource.getMetadata(entities[name]);
  return tableOf(metadata, (property) => columnName(metadata, name, property));
}

/** A table by its metadata, with what names its columns. */
export function tableOf(metadata: EntityMetadata, column: MappedTable['column']): MappedTable {
  const schema = schemaOf(metadata);
  const path = schema === undefined ? [metadata.tableName] : [schema, metadata.tableName];
  return {
    sqlName: path.map((part) => pg.escapeIdentifier(part)).join('.'),
    tableName: metadata.tableName,
    column,
    sqlColumn: (property) => pg.escapeIdentifier(column(property)),
  };
}

/** The schema that the entity, or its data source, names. */
export function schemaOf(metadata: EntityMetadata): string | undefined {
  return Object.hasOwn(metadata, 'schema') ? metadata.schema : undefined;
}

/** @throws {MaintenanceConfigError} listing everything that is not mapped, of every entity */
export function assertMapped(dataSource: DataSource, entities: EntityClasses, needs: readonly EntityNeed[]): void {
  const problems = needs.flatMap(({ entity, properties }) => {
    const found = entityProblems(dataSource, entities[entity], `entities.${entity}`);
    const missing = (): ConfigProblem[] =>
      [...new Set(properties)].flatMap((property) =>
        columnProblems(dataSource.getMetadata(entities[entity]), entity, property),
      );
    return found.length > 0 ? found : missing();
  });
  assertNoProblems(UNMAPPED, problems);
}

/** In single-table inheritance a class means some rows of its table, and no statement of this package would tell them from the others. */
export function entityProblems(dataSource: DataSource, entity: EntityClass, path: string): ConfigProblem[] {
  if (!dataSource.hasMetadata(entity)) {
    const accepted = "a registered entity: set autoLoadEntities: true, or list it in the data source's entities";
    return [{ path, received: `${entity.name}, unknown to the data source`, accepted }];
  }
  const { name, discriminatorColumn } = dataSource.getMetadata(entity);
  if (discriminatorColumn === undefined) {
    return [];
  }
  const received = `${name}, told from other classes of its table by the column "${discriminatorColumn.databaseName}"`;
  return [{ path, received, accepted: 'a class with a table of its own, without TableInheritance or ChildEntity' }];
}

/** A host's class may name its property otherwise, as long as the column bears Tenxyte's name. What stands in an embedded class counts last. */
function columnsFor({ columns }: EntityMetadata, property: string): EntityMetadata['columns'] {
  const own = columns.filter(({ propertyPath }) => propertyPath === property);
  const fallback = defaultColumnName(property);
  return own.length > 0
    ? own
    : columns.filter(({ propertyName, databaseName }) => propertyName === property || databaseName === fallback);
}

function columnProblems(metadata: EntityMetadata, name: TenxyteEntityName, property: string): ConfigProblem[] {
  const found = columnsFor(metadata, property);
  if (new Set(found.map(({ databaseName }) => databaseName)).size === 1) {
    return [];
  }
  const paths = found.map(({ propertyPath }) => `"${propertyPath}"`).join(' and ');
  const received = found.length === 0 ? `${metadata.name} without "${property}"` : `${metadata.name} with ${paths}`;
  const accepted = `a class that maps a property "${property}" or a column "${defaultColumnName(property)}"`;
  return [{ path: `entities.${name}`, received, accepted }];
}

function columnName(metadata: EntityMetadata, name: TenxyteEntityName, property: string): string {
  assertNoProblems(UNMAPPED, columnProblems(metadata, name, property));
  return columnsFor(metadata, property)[0]?.databaseName ?? '';
}
