import type { DataSource, EntityMetadata } from 'typeorm';
import type { MappedTable } from '../database/mapped-table.js';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { entityProblems, schemaOf, tableOf } from '../tenxyte/entity-table.js';
import type { EntityClass, EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { assertNoProblems } from '../validation/validation.js';
import { CLEANUP_TARGETS } from './targets/cleanup-targets.js';
import type { CleanupTarget } from './targets/define-cleanup-target.js';
import { requiredColumns } from './targets/due-predicate.js';

type OwnTarget = CleanupTarget<string, EntityClass>;

/** What the tables of the host's own targets are held against. */
interface Surroundings {
  readonly dataSource: DataSource;
  readonly entities: EntityClasses;
  /** The schema of this package's own tables. */
  readonly schema: string;
}

/** The table of a host's own target. Its properties bear the host's own names, so each means the column of that very property. */
export function ownTable(dataSource: DataSource, entity: EntityClass): MappedTable {
  const metadata = dataSource.getMetadata(entity);
  return tableOf(metadata, (property) => columnsOf(metadata, property)[0]?.databaseName ?? property);
}

/**
 * Checks that the tables of the host's own targets are theirs alone, and that their entities map every property which a target names.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function assertOwnTargets(surroundings: Surroundings, targets: readonly OwnTarget[]): void {
  const problems = targets.flatMap((target, index) => {
    const found = entityProblems(surroundings.dataSource, target.entity, pathOf(target));
    return found.length > 0
      ? found
      : [
          ...propertyProblems(surroundings.dataSource.getMetadata(target.entity), target),
          ...tableProblems(surroundings, target, targets.slice(0, index)),
        ];
  });
  assertNoProblems('Tables of cleanup.targets cannot be cleaned', problems);
}

function pathOf({ name }: OwnTarget): string {
  return `cleanup.targets.${name}.entity`;
}

function columnsOf({ columns }: EntityMetadata, property: string): EntityMetadata['columns'] {
  return columns.filter(({ propertyPath }) => propertyPath === property);
}

function propertyProblems(metadata: EntityMetadata, target: OwnTarget): ConfigProblem[] {
  const named = [...requiredColumns(target.dueWhen).map((one) => one.property), ...dimensionsOf(target)];
  const accepted = `one of ${metadata.columns.map(({ propertyPath }) => propertyPath).join(', ')}`;
  return [...new Set(named)]
    .filter((property) => columnsOf(metadata, property).length !== 1)
    .map((property) => ({
      path: pathOf(target),
      received: `${metadata.name} without a column for "${property}"`,
      accepted,
    }));
}

function dimensionsOf({ dimensions }: OwnTarget): readonly string[] {
  return Object.values(dimensions).flatMap((properties: readonly string[] | undefined) => properties ?? []);
}

/** Two targets on one table would each delete what the other one keeps. */
function tableProblems(
  { dataSource, entities, schema }: Surroundings,
  target: OwnTarget,
  before: readonly OwnTarget[],
): ConfigProblem[] {
  const metadata = dataSource.getMetadata(target.entity);
  const problem = (received: string): ConfigProblem[] => [
    { path: pathOf(target), received, accepted: 'a table that no other target works on' },
  ];
  if (schemaOf(metadata) === schema) {
    return problem(`${metadata.tablePath}, a table of this package's own`);
  }
  const others = [...CLEANUP_TARGETS, ...before].flatMap(({ name, entity }) =>
    entity === 'MaintenanceRun' ? [] : [{ name, entity: typeof entity === 'string' ? entities[entity] : entity }],
  );
  const other = others.find(
    (one) => dataSource.hasMetadata(one.entity) && isSame(metadata, dataSource.getMetadata(one.entity)),
  );
  return other === undefined
    ? []
    : problem(
        `${metadata.tablePath}, the table of the target ${other.name} (where they are two, name the schemas of both)`,
      );
}

/** A table without a schema may be in any, as the search path goes. */
function isSame(one: EntityMetadata, other: EntityMetadata): boolean {
  const [schema, otherSchema] = [schemaOf(one), schemaOf(other)];
  const isMaybe = schema === undefined || otherSchema === undefined || schema === otherSchema;
  return isMaybe && one.tableName === other.tableName;
}
