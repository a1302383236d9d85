import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { HeldTarget } from '../holds/hold-planner.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from './cleanup-settings.js';
import { assertOwnTargets, ownTable } from './own-target-tables.js';
import type { CleanupTarget } from './targets/define-cleanup-target.js';
import { ownTargets, targetsInForce } from './targets/targets-in-force.js';

/**
 * Knows the table of each cleanup target, and those that rules look things up in: Tenxyte's and the host's by the entity in force, this
 * package's own by its schema.
 */
@Injectable()
export class CleanupTables implements OnModuleInit {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
  ) {}

  /** @throws {MaintenanceConfigError} when a host's own target cannot be cleaned; not before the data source is there */
  public onModuleInit(): void {
    if (this.dataSource.isInitialized) {
      this.assertOwn();
    }
  }

  /** @throws {MaintenanceConfigError} when the data source does not know the entity, or the host's own class lacks a column */
  public of({ entity }: Pick<CleanupTarget, 'entity'>): MappedTable {
    if (typeof entity === 'function') {
      this.assertOwn();
      return ownTable(this.dataSource, entity);
    }
    return entity === 'MaintenanceRun' ? this.schema.mappedRuns() : mappedTable(this.dataSource, this.entities, entity);
  }

  private assertOwn(): void {
    const { dataSource, entities, settings } = this;
    assertOwnTargets({ dataSource, entities, schema: this.schema.name }, ownTargets(settings));
  }
}

/** Every target there is, as holds see it; asked for once the data source is there. */
export function heldTargets(tables: CleanupTables, settings: CompleteCleanupSettings): () => readonly HeldTarget[] {
  return () => targetsInForce(settings).map((target) => ({ ...target, table: tables.of(target) }));
}
