import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { expectOne } from '../database/expect-one.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { tableExists } from '../database/stored-table.js';
import { TablesNotFoundError } from '../errors/tables-not-found.error.js';
import { mappedTable } from './entity-table.js';
import { ENTITY_CLASSES, type EntityClasses, TENXYTE_ENTITIES, type TenxyteEntityName } from './tenxyte-entities.js';

/** Many a database that is none of Tenxyte's has a table of users. */
const NAMES = (Object.keys(TENXYTE_ENTITIES) as TenxyteEntityName[]).filter((name) => name !== 'User');

/** Knows whether a database is a Tenxyte at all. */
@Injectable()
export class TenxyteTables {
  private isFound = false;

  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
  ) {}

  /**
   * Some tables may be missing, as features may be; when all are, the database is most likely the wrong one. Once any was found it is not
   * asked again: each task looks at its own.
   *
   * @throws {TablesNotFoundError} when all are
   */
  public async assert(queryRunner: QueryRunner): Promise<void> {
    if (this.isFound) {
      return;
    }
    const tables = NAMES.map((name) => mappedTable(this.dataSource, this.entities, name));
    for (const table of tables) {
      if (await tableExists(queryRunner, table)) {
        this.isFound = true;
        return;
      }
    }
    const answers = await queryRunner.query('select pg_catalog.current_database() as name');
    throw new TablesNotFoundError(
      expectOne<{ name: string }>(answers).name,
      tables.map(({ tableName }) => tableName),
    );
  }
}
