import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { assertMapped, type EntityNeed } from './entity-table.js';
import { ENTITY_CLASSES, type EntityClasses, type TenxyteEntityName } from './tenxyte-entities.js';

/** Checks at start-up, once for all tasks, that the entities in force map what each touches. */
@Injectable()
export class EntityMapping implements OnModuleInit {
  private readonly needs = new Map<TenxyteEntityName, ReadonlySet<string>>();

  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
  ) {}

  /** A task says what it touches when it is constructed. */
  public need({ entity, properties }: EntityNeed): void {
    this.needs.set(entity, new Set([...(this.needs.get(entity) ?? []), ...properties]));
  }

  /** @throws {MaintenanceConfigError} listing everything that is not mapped, of every entity; not before the data source is there */
  public onModuleInit(): void {
    if (this.dataSource.isInitialized) {
      const needs = [...this.needs].map(([entity, properties]) => ({ entity, properties: [...properties] }));
      assertMapped(this.dataSource, this.entities, needs);
    }
  }
}
