import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { DEFAULT_COORDINATION } from '../coordination-settings.js';
import { HOLD_TRIGGERS, holdBarrierKey, inForce } from './holds-schema-steps.js';
import { RUNS_SCHEMA_TABLES, statementsTo } from './runs-schema-steps.js';

/** A class that TypeORM takes for a migration. */
export type MigrationClass = new () => MigrationInterface;

/**
 * TypeORM migrations that create the schema this package owns, for the `migrations` of a data source of hosts that forbid DDL at run
 * time; set the module's `migrations` option to `manual` there. They stand well beside `tenxyte-maintenance migrate` and a start-up that
 * created the schema already: each leaves alone what is there.
 *
 * @param schema as in the module's options. @default 'tenxyte_maintenance'
 */
export function maintenanceMigrations(schema: string = DEFAULT_COORDINATION.schema): readonly MigrationClass[] {
  class CreateTenxyteMaintenance1764000000000 implements MigrationInterface {
    public readonly name = 'CreateTenxyteMaintenance1764000000000';

    public async up(queryRunner: QueryRunner): Promise<void> {
      await queryRunner.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`);
      await bringTo(1, schema, queryRunner);
    }

    /**
     * Only what this package made: anything else that somebody put into the schema makes it fail and stay. So does a legal hold in force, as
     * nothing would know of it any more.
     */
    public async down(queryRunner: QueryRunner): Promise<void> {
      const name = pg.escapeIdentifier(schema);
      // Whoever places a hold waits, and finds no table; or is waited for, and found.
      await queryRunner.query(`select pg_catalog.pg_advisory_xact_lock(${holdBarrierKey(name)})`);
      const held: object[] = await queryRunner.query(
        `select from ${name}.holds as hold where ${inForce('hold')} limit 1`,
      );
      if (held.length > 0) {
        throw new Error(
          `Legal holds are in force, which ${name}.holds records: release them first. Nothing was dropped`,
        );
      }
      await queryRunner.query(`drop table ${RUNS_SCHEMA_TABLES.map((table) => `${name}.${table}`).join(', ')}`);
      await queryRunner.query(
        `drop function ${HOLD_TRIGGERS.map((trigger) => `${name}.${trigger.name}()`).join(', ')}`,
      );
      await queryRunner.query(`drop schema ${name}`);
    }
  }

  return [CreateTenxyteMaintenance1764000000000];
}

async function bringTo(version: number, schema: string, queryRunner: QueryRunner): Promise<void> {
  const escape = pg.escapeIdentifier;
  for (const statement of statementsTo(version, schema, escape)) {
    await queryRunner.query(statement);
  }
}
