import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { expectOne } from '../database/expect-one.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { type StoredTable, tableExists } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { TablesNotFoundError } from '../errors/tables-not-found.error.js';
import { mappedTable } from './entity-table.js';
import { ENTITY_CLASSES, type EntityClasses, TENXYTE_ENTITIES, type TenxyteEntityName } from './tenxyte-entities.js';

/** Refuses a table of an unexpected owner: see {@link TenxyteTables.assertOwner}. */
export type OwnerAssertion = (queryRunner: QueryRunner, stored: StoredTable) => Promise<void>;

/** Many a database that is none of Tenxyte's has a table of users. */
const NAMES = (Object.keys(TENXYTE_ENTITIES) as TenxyteEntityName[]).filter((name) => name !== 'User');

/** DI token of the names that the option `cleanup.acknowledge` lists. */
export const ACKNOWLEDGED = Symbol('TENXYTE_MAINTENANCE_ACKNOWLEDGED');

/** Knows whether a database is a Tenxyte at all. */
@Injectable()
export class TenxyteTables {
  private isFound = false;
  /** Owners that were found expected: what a role is changes less often than a process starts. */
  private readonly trusted = new Set<string>();

  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(ACKNOWLEDGED) private readonly acknowledged: readonly string[],
  ) {}

  /**
   * The same as {@link find}, but once any was found it is not asked again: each task looks at its own.
   *
   * @throws {TablesNotFoundError}
   */
  public async assert(queryRunner: QueryRunner): Promise<void> {
    if (!this.isFound) {
      await this.find(queryRunner);
      this.isFound = true;
    }
  }

  /**
   * Looks for any of Tenxyte's tables. Some may be missing, as features may be; when all are, the database is most likely the wrong one.
   *
   * @throws {TablesNotFoundError} when all are
   */
  public async find(queryRunner: QueryRunner): Promise<void> {
    const tables = NAMES.map((name) => mappedTable(this.dataSource, this.entities, name));
    for (const table of tables) {
      if (await tableExists(queryRunner, table)) {
        return;
      }
    }
    const answers = await queryRunner.query('select pg_catalog.current_database() as name');
    throw new TablesNotFoundError(
      expectOne<{ name: string }>(answers).name,
      tables.map(({ tableName }) => tableName),
    );
  }

  /**
   * Refuses a table that belongs to somebody else than Tenxyte's other tables do. Where others may create in a schema of the search path,
   * a table that this Tenxyte lacks may be theirs, and whoever deletes from it runs their triggers with this role's rights. A table that
   * `cleanup.acknowledge` lists may belong to anybody.
   *
   * @param consequence the end of a refusal: what was not done, as a sentence without its full stop
   * @throws {MaintenanceError} `UNEXPECTED_OWNER`
   */
  public async assertOwner(queryRunner: QueryRunner, { name, owner }: StoredTable, consequence: string): Promise<void> {
    if (this.trusted.has(owner) || this.acknowledged.includes(name)) {
      return;
    }
    const { isTrusted, usual } = await this.readOwner(queryRunner, owner);
    if (!isTrusted && owner !== usual) {
      throw new MaintenanceError(
        'UNEXPECTED_OWNER',
        `${name} belongs to role "${owner}", Tenxyte's other tables to role "${usual}": what "${owner}" attached to it would run with ` +
          `this role's rights. ${consequence}. Where that is meant, list it in the option cleanup.acknowledge: ['${name}']`,
        { context: { table: name, owner } },
      );
    }
    this.trusted.add(owner);
  }

  /**
   * Asks whether a role may do all that this one may (this one itself or one it belongs to, a superuser, the owner of the database), and which
   * role most of Tenxyte's tables belong to.
   */
  private async readOwner(
    queryRunner: QueryRunner,
    owner: string,
  ): Promise<{ readonly isTrusted: boolean; readonly usual: string | null }> {
    const names = [...NAMES, 'User' as const].map((name) => mappedTable(this.dataSource, this.entities, name).sqlName);
    const answers = await queryRunner.query(
      `
      select owner.rolsuper
               or pg_catalog.pg_has_role(owner.oid, 'member')
               or exists (
                 select
                 from pg_catalog.pg_database as database
                 where database.datname operator(pg_catalog.=) pg_catalog.current_database()
                   and database.datdba operator(pg_catalog.=) owner.oid
               ) as "isTrusted",
             (
               select pg_catalog.pg_get_userbyid(class.relowner)
               from pg_catalog.unnest($2::pg_catalog.text[]) as name
               join pg_catalog.pg_class as class
                 on class.oid operator(pg_catalog.=) pg_catalog.to_regclass(name)::pg_catalog.oid
               group by class.relowner
               order by pg_catalog.count(*) desc, class.relowner
               limit 1
             ) as usual
      from pg_catalog.pg_roles as owner
      where owner.rolname operator(pg_catalog.=) $1::pg_catalog.name`,
      [owner, names],
    );
    return expectOne(answers);
  }
}
