import type { QueryRunner } from 'typeorm';
import type { DoctorCheck } from './doctor-report.js';

/** As in SQL; no role may have that name. */
const EVERYBODY = 'public';

/** A schema of the search path in which somebody else may create objects. */
export interface OpenSchema {
  readonly schema: string;
  /** Names of roles, `public` for everybody. */
  readonly grantees: readonly string[];
}

/**
 * Reads the schemas of the search path in force in which others may create. No others are superusers, the role itself, the owner of the
 * database, whom `pg_database_owner` stands for, and the owner of the tables, where all have the same.
 *
 * @param tables escaped for SQL; `to_regclass` would fail where the role may not use a table's schema
 */
export async function readOpenSchemas(
  queryRunner: QueryRunner,
  tables: readonly string[],
): Promise<readonly OpenSchema[]> {
  return queryRunner.query(
    `
    with owner (role) as (
      select distinct class.relowner
      from pg_catalog.unnest($1::pg_catalog.text[]) as given (name)
      cross join lateral pg_catalog.parse_ident(given.name) as parsed (parts)
      join pg_catalog.pg_class as class
        on class.relname operator(pg_catalog.=) parts[pg_catalog.cardinality(parts)]
      join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
      where case
        when pg_catalog.cardinality(parts) operator(pg_catalog.>) 1 then namespace.nspname operator(pg_catalog.=) parts[1]
        else pg_catalog.pg_table_is_visible(class.oid)
      end
    ), trusted (role) as (
      select oid
      from pg_catalog.pg_roles
      where rolsuper or rolname operator(pg_catalog.=) any (array[current_user, 'pg_database_owner'])
      union all
      select datdba
      from pg_catalog.pg_database
      where datname operator(pg_catalog.=) pg_catalog.current_database()
      union all
      select role
      from owner
      where (select pg_catalog.count(*) from owner) operator(pg_catalog.=) 1
    )
    select namespace.nspname as schema,
           pg_catalog.array_agg(coalesce(grantee.rolname::pg_catalog.text, 'public') order by grantee.rolname nulls first) as grantees
    from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as path (name, place)
    join pg_catalog.pg_namespace as namespace on namespace.nspname operator(pg_catalog.=) path.name
    cross join lateral pg_catalog.aclexplode(
      coalesce(namespace.nspacl, pg_catalog.acldefault('n', namespace.nspowner))
    ) as entry
    left join pg_catalog.pg_roles as grantee on grantee.oid operator(pg_catalog.=) entry.grantee
    where entry.privilege_type operator(pg_catalog.=) 'CREATE'
      and not exists (select from trusted where trusted.role operator(pg_catalog.=) entry.grantee)
    group by namespace.nspname, path.place
    order by path.place`,
    [tables],
  );
}

/** Advises to leave nobody else the right to create where names are looked up. */
export function searchPathChecks(open: readonly OpenSchema[], escape: (identifier: string) => string): DoctorCheck[] {
  return open.map(({ schema, grantees }) => {
    const who = grantees.map((grantee) => (grantee === EVERYBODY ? 'everybody' : `role "${grantee}"`));
    const from = grantees.map((grantee) => (grantee === EVERYBODY ? grantee : escape(grantee)));
    return {
      name: 'search-path',
      level: 'advice',
      subject: schema,
      message: `${who.join(', ')} may create in this schema of the search_path: what is created there may be taken for what is meant`,
      whatToDo: `revoke create on schema ${escape(schema)} from ${from.join(', ')}; or take the schema out of the search_path`,
    };
  });
}
