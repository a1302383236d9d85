import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { HeldTarget } from '../holds/hold-planner.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { CLEANUP_TARGETS } from './targets/cleanup-targets.js';
import type { CleanupTarget } from './targets/define-cleanup-target.js';

/** Knows the table of each cleanup target, and those that rules look things up in: Tenxyte's by the entity in force, this package's own by its schema. */
@Injectable()
export class CleanupTables {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks a column */
  public of({ entity }: Pick<CleanupTarget, 'entity'>): MappedTable {
    return entity === 'MaintenanceRun' ? this.schema.mappedRuns() : mappedTable(this.dataSource, this.entities, entity);
  }
}

/** Every target there is, as holds see it; asked for once the data source is there. */
export function heldTargets(tables: CleanupTables): () => readonly HeldTarget[] {
  return () => CLEANUP_TARGETS.map((target) => ({ ...target, table: tables.of(target) }));
}
