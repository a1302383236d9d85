import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import { assertSupportedServer } from '../../database/database-clock.js';
import { BRIEF_READING } from '../../database/brief-statement.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { defaultColumnName, type MappedTable } from '../../database/mapped-table.js';
import { inTransaction, writingMode } from '../../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../../database/sql-state.js';
import { RunsSchemaError } from '../../errors/runs-schema.error.js';
import { TablesNotFoundError } from '../../errors/tables-not-found.error.js';
import { TenxyteTables } from '../../tenxyte/tenxyte-tables.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../coordination-settings.js';
import { readRunsSchemaState, type RunsSchemaState } from './runs-schema-state.js';
import { type Escape, type RUNS_SCHEMA_TABLES, RUNS_SCHEMA_VERSION, statementsFrom } from './runs-schema-steps.js';

/** A process waits so long for another one that creates the schema. */
const MIGRATING = writingMode({ lockTimeoutMs: 30_000, statementTimeoutMs: 60_000 });

/** The outcome of a migration of the schema. */
export interface SchemaMigration {
  readonly schema: string;
  /** The version it found; 0 when there was nothing. */
  readonly from: number;
  readonly to: number;
}

/** Creates, updates and checks the schema that this package owns. */
@Injectable()
export class RunsSchema {
  private ready: Promise<void> | undefined;

  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(TenxyteTables) private readonly tables: TenxyteTables,
  ) {}

  /** The schema, escaped for SQL. */
  public get sqlName(): string {
    return this.escape(this.name);
  }

  /** A table of the schema, escaped for SQL. */
  public table(name: (typeof RUNS_SCHEMA_TABLES)[number]): string {
    return `${this.sqlName}.${this.escape(name)}`;
  }

  /** The table of the runs, as the deletion engine takes it. */
  public mappedRuns(): MappedTable {
    const column = defaultColumnName;
    return {
      sqlName: this.table('runs'),
      tableName: `${this.name}.runs`,
      column,
      sqlColumn: (property) => this.escape(column(property)),
    };
  }

  /**
   * Makes sure, once, that the schema is there and of this release's version. A database without Tenxyte's tables is left as it is: it is
   * most likely the wrong one.
   *
   * @throws {TablesNotFoundError}
   * @throws {RunsSchemaError} saying what to grant or to run
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14
   */
  public async ensure(): Promise<void> {
    this.ready ??= this.prepare().catch((error: unknown) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  /**
   * Makes sure that the schema is of this release's version, for a role that may only use a part of it.
   *
   * @param mayCreate false leaves a database alone that has no such schema
   * @returns whether it is there
   * @throws {RunsSchemaError} when it is of another version, or the role may not use it at all
   */
  public async find(mayCreate: boolean): Promise<boolean> {
    const state = await withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_READING, () => this.look(queryRunner)),
    );
    if (state.version < RUNS_SCHEMA_VERSION && (state.exists || mayCreate)) {
      await this.ensure();
      return true;
    }
    return state.exists;
  }

  /**
   * Creates or updates the schema, whatever the `migrations` option says. Replicas that start together wait for one another.
   *
   * @throws {RunsSchemaError} when the role may not
   */
  public async migrate(): Promise<SchemaMigration> {
    return withQueryRunner(this.dataSource, async (queryRunner) => {
      const state = await inTransaction(queryRunner, BRIEF_READING, () => this.look(queryRunner));
      try {
        return await this.migrateFrom(queryRunner, state);
      } catch (error) {
        throw sqlState(error) === SQL_STATE.insufficientPrivilege ? this.forbidden(state, error) : error;
      }
    });
  }

  /** The name of the schema. */
  public get name(): string {
    return this.settings.schema;
  }

  private readonly escape: Escape = pg.escapeIdentifier;

  private async prepare(): Promise<void> {
    const state = await withQueryRunner(this.dataSource, async (queryRunner) => {
      const found = await inTransaction(queryRunner, BRIEF_READING, () => this.look(queryRunner));
      await inTransaction(queryRunner, BRIEF_READING, () => this.tables.find(queryRunner)).catch(unlessOutOfReach);
      return found;
    });
    if (state.version < RUNS_SCHEMA_VERSION) {
      if (this.settings.migrations === 'manual') {
        throw this.missing(state);
      }
      await this.migrate();
      return;
    }
    if (!state.isUsable) {
      throw this.unusable(state);
    }
  }

  private async look(queryRunner: QueryRunner): Promise<RunsSchemaState> {
    const state = await readRunsSchemaState(queryRunner, this.name, this.escape);
    assertSupportedServer(state.serverVersion);
    return state;
  }

  /** A lock of the transaction, not of the session: the latter would not survive a transaction-pooling PgBouncer. */
  private async migrateFrom(queryRunner: QueryRunner, { version }: RunsSchemaState): Promise<SchemaMigration> {
    await inTransaction(queryRunner, MIGRATING, async () => {
      await queryRunner.query(
        'select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1::pg_catalog.text, 0))',
        [`tenxyte-maintenance:${this.name}`],
      );
      const { exists, version: found } = await this.look(queryRunner);
      const statements = statementsFrom(found, this.name, this.escape);
      for (const statement of exists ? statements : [`create schema ${this.escape(this.name)}`, ...statements]) {
        await queryRunner.query(statement);
      }
    });
    return { schema: this.name, from: version, to: RUNS_SCHEMA_VERSION };
  }

  private missing(state: RunsSchemaState): RunsSchemaError {
    const { database, version } = state;
    const lack =
      version === 0
        ? 'missing, or the role may not see it'
        : `of version ${version}, this release needs ${RUNS_SCHEMA_VERSION}`;
    return this.error(
      state,
      `The schema ${this.name} of database ${database} is ${lack}, and migrations is 'manual'`,
      `run "tenxyte-maintenance migrate" or the TypeORM migrations of this package with a role that may, then ${this.grants(state)}`,
    );
  }

  private forbidden(state: RunsSchemaState, cause: unknown): RunsSchemaError {
    const advice =
      `either grant create on database ${this.escape(state.database)} to ${this.escape(state.role)}; ` +
      `or run "tenxyte-maintenance migrate" with a role that may, then ${this.grants(state)}`;
    const problem = `The role ${state.role} may not create or update the schema ${this.name} of database ${state.database}`;
    return this.error(state, problem, advice, cause);
  }

  private unusable(state: RunsSchemaState): RunsSchemaError {
    const problem = `The role ${state.role} may not use the tables of the schema ${this.name}`;
    return this.error(state, problem, this.grants(state));
  }

  private error(
    { role, database }: RunsSchemaState,
    problem: string,
    advice: string,
    cause?: unknown,
  ): RunsSchemaError {
    return new RunsSchemaError(problem, advice, { schema: this.name, role, database }, cause);
  }

  private grants({ role }: RunsSchemaState): string {
    const [schema, grantee] = [this.escape(this.name), this.escape(role)];
    return `grant usage on schema ${schema} to ${grantee}; grant select, insert, update, delete on all tables in schema ${schema} to ${grantee}`;
  }
}

/** Tables that the role may not look for may be there: each task says what to grant. */
function unlessOutOfReach(error: unknown): void {
  if (sqlState(error) !== SQL_STATE.insufficientPrivilege) {
    throw error;
  }
}

function withFullStop(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Sees to the schema when an application starts. The command line does so only once a run is about to begin. */
@Injectable()
export class RunsSchemaBootstrap implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /**
   * Tenxyte's tables may come later, by migrations of its own.
   *
   * @throws {RunsSchemaError} when the application could record no run: better known at a deployment than at 3:00
   */
  public async onModuleInit(): Promise<void> {
    if (this.environment !== 'application' || !this.dataSource.isInitialized) {
      return;
    }
    try {
      await this.schema.ensure();
    } catch (error) {
      const mayStart = error instanceof RunsSchemaError && this.settings.startup === 'warn';
      if (!mayStart && !(error instanceof TablesNotFoundError)) {
        throw error;
      }
      const consequence = "No task can run until this is mended, and no command knows this application's policy.";
      this.logger.warn(`${withFullStop(error.message)} ${consequence}`);
    }
  }
}
