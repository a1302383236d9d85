import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { type MappedTable, mappedTable } from '../database/mapped-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { USER_PROPERTIES } from './secrets/users-table.js';
import type { TotpRotationPlan, TotpRotationResult } from './totp-rotation-plan.js';
import { rotateTotpSecrets } from './totp-rotation-run.js';

/** Brings every TOTP secret under the first key, or says what that would do. */
@Injectable()
export class TotpRotationRunner {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
  ) {}

  /**
   * Checks that the entity of users is known and maps the columns that the rotation reads and writes.
   *
   * @throws {MaintenanceConfigError} when it is not, or does not
   */
  public assertMapped(): void {
    if (this.dataSource.isInitialized) {
      const table = this.table();
      USER_PROPERTIES.forEach((property) => table.column(property));
    }
  }

  /**
   * Rotates once, and reads everything back. What ends it early is in the result.
   *
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE`, `ROW_SECURITY` or `PERMISSION_DENIED`; nothing was touched
   */
  public async run(plan: TotpRotationPlan): Promise<TotpRotationResult> {
    const connected = plan.withQueryRunner ?? ((work) => withQueryRunner(this.dataSource, work));
    return connected((queryRunner: QueryRunner) => rotateTotpSecrets({ queryRunner, table: this.table(), plan }));
  }

  private table(): MappedTable {
    return mappedTable(this.dataSource, this.entities, 'User');
  }
}
