import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { BRIEF } from '../database/brief-statement.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Instant } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { inTransaction, snapshotMode } from '../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import type { RecordTables } from './read-task-records.js';

/** What was read, and as of when. */
export interface RecordReading<Answer> {
  readonly at: Instant;
  /** Undefined when this package's tables are not there. */
  readonly answer: Answer | undefined;
}

const READING = snapshotMode(BRIEF);

/** Reads this package's own tables and never creates them. */
@Injectable()
export class RunRecords {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /**
   * Reads with one connection, as of the database's time.
   *
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14
   */
  public async read<Answer>(
    query: (queryRunner: QueryRunner, tables: RecordTables) => Promise<Answer>,
  ): Promise<RecordReading<Answer>> {
    const tables = this.tables();
    return withQueryRunner(this.dataSource, async (queryRunner) => {
      try {
        return await inTransaction(queryRunner, READING, async () => {
          const at = await this.clock.now(queryRunner);
          return { at, answer: await query(queryRunner, { ...tables, at }) };
        });
      } catch (error) {
        if (sqlState(error) === SQL_STATE.undefinedTable) {
          const at = await inTransaction(queryRunner, READING, () => this.clock.now(queryRunner));
          return { at, answer: undefined };
        }
        throw sqlState(error) === SQL_STATE.insufficientPrivilege ? this.forbidden(error) : error;
      }
    });
  }

  private tables(): Omit<RecordTables, 'at'> {
    return {
      runs: this.schema.table('runs'),
      schedules: this.schema.table('schedules'),
      pauses: this.schema.table('pauses'),
    };
  }

  private forbidden(cause: unknown): MaintenanceError {
    const { runs, schedules, pauses } = this.tables();
    return new MaintenanceError(
      'PERMISSION_DENIED',
      `The database role may not read the record of runs: grant usage on its schema and select on ${runs}, ${schedules} and ${pauses}`,
      { cause },
    );
  }
}
