import pg from 'pg';
import type { AttachedObject, Part } from './attached-objects.js';
import { sqlNameOf } from './mapped-table.js';

/** The states of a trigger or rule in which it acts on this session. */
export const ACTS = `any ((case
  when pg_catalog.current_setting('session_replication_role') operator(pg_catalog.=) 'replica' then '{R,A}'
  else '{O,A}'
end)::pg_catalog."char"[])`;

/** A key as {@link INCOMING_KEYS} answers it. */
export interface KeyRow {
  readonly schema: string;
  readonly name: string;
  readonly action: 'a' | 'r' | 'c' | 'n' | 'd';
  /** The relation that it refers to: a part of the table, or a table whose rows go with those of the table. */
  readonly referenced: string;
  readonly referencedSchema: string;
  readonly referencedName: string;
  readonly table: string;
  readonly referencing: string;
  readonly partitions: readonly string[] | null;
  readonly isPartitioned: boolean;
  readonly isIndexed: boolean;
  readonly columns: readonly KeyColumn[];
}

interface KeyColumn {
  readonly referenced: string;
  readonly referencing: string;
  readonly operatorSchema: string;
  readonly operator: string;
}

/** PostgreSQL 14 has the triggers of a key to a partitioned table at the partitions alone, for copies of the key. */
const IS_COPY_OF_KEY = `(
  copy.oid operator(pg_catalog.=) key.oid
  or copy.conparentid operator(pg_catalog.=) key.oid
  or exists (
    select
    from pg_catalog.pg_constraint as middle
    where middle.oid operator(pg_catalog.=) copy.conparentid
      and middle.conparentid operator(pg_catalog.=) key.oid
  )
)`;

/**
 * The keys that refer to the table, and those that refer to rows which a cascade deletes, at any depth. The copies that PostgreSQL keeps of a
 * key for partitions, on either side, are left out where the key itself is listed.
 */
export const INCOMING_KEYS = `
  with recursive reached (oid) as (
    select part from pg_catalog.unnest($1::pg_catalog.oid[]) as part
    union
    select key.conrelid
    from reached
    join pg_catalog.pg_constraint as key on key.confrelid operator(pg_catalog.=) reached.oid
    where key.contype operator(pg_catalog.=) 'f' and key.confdeltype operator(pg_catalog.=) 'c'
  )
  select namespace.nspname as schema,
         key.conname as name,
         key.confdeltype as action,
         key.confrelid as referenced,
         referenced_namespace.nspname as "referencedSchema",
         referenced.relname as "referencedName",
         referencing.relname as "table",
         referencing.oid as "referencing",
         (
           select pg_catalog.json_agg(pg_catalog.concat(part_namespace.nspname, '.', part.relname))
           from pg_catalog.pg_partition_tree(key.conrelid) as tree
           join pg_catalog.pg_class as part on part.oid operator(pg_catalog.=) tree.relid::pg_catalog.oid
           join pg_catalog.pg_namespace as part_namespace on part_namespace.oid operator(pg_catalog.=) part.relnamespace
         ) as partitions,
         referencing.relkind operator(pg_catalog.=) 'p' as "isPartitioned",
         exists (
           select
           from pg_catalog.pg_index as index
           where index.indrelid operator(pg_catalog.=) key.conrelid
             and index.indisvalid
             and index.indkey[0] operator(pg_catalog.=) any (key.conkey)
         ) as "isIndexed",
         (
           select pg_catalog.json_agg(pg_catalog.json_build_object(
             'referenced', referenced_column.attname,
             'referencing', referencing_column.attname,
             'operatorSchema', operator_namespace.nspname,
             'operator', operator.oprname
           ))
           from rows from (
             pg_catalog.unnest(key.confkey), pg_catalog.unnest(key.conkey), pg_catalog.unnest(key.conpfeqop)
           ) as part (referenced, referencing, operator)
           join pg_catalog.pg_attribute as referenced_column
             on referenced_column.attrelid operator(pg_catalog.=) key.confrelid
             and referenced_column.attnum operator(pg_catalog.=) part.referenced
           join pg_catalog.pg_attribute as referencing_column
             on referencing_column.attrelid operator(pg_catalog.=) key.conrelid
             and referencing_column.attnum operator(pg_catalog.=) part.referencing
           join pg_catalog.pg_operator as operator on operator.oid operator(pg_catalog.=) part.operator
           join pg_catalog.pg_namespace as operator_namespace
             on operator_namespace.oid operator(pg_catalog.=) operator.oprnamespace
         ) as columns
  from reached
  join pg_catalog.pg_constraint as key on key.confrelid operator(pg_catalog.=) reached.oid
  join pg_catalog.pg_class as referencing on referencing.oid operator(pg_catalog.=) key.conrelid
  join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) referencing.relnamespace
  join pg_catalog.pg_class as referenced on referenced.oid operator(pg_catalog.=) key.confrelid
  join pg_catalog.pg_namespace as referenced_namespace
    on referenced_namespace.oid operator(pg_catalog.=) referenced.relnamespace
  where key.contype operator(pg_catalog.=) 'f'
    and exists (
      select
      from pg_catalog.pg_trigger as trigger
      join pg_catalog.pg_constraint as copy on copy.oid operator(pg_catalog.=) trigger.tgconstraint
      where ${IS_COPY_OF_KEY}
        and trigger.tgrelid operator(pg_catalog.=) copy.confrelid
        and trigger.tgenabled operator(pg_catalog.=) ${ACTS}
    )
    and not exists (
      select
      from pg_catalog.pg_constraint as parent
      join reached as listed on listed.oid operator(pg_catalog.=) parent.confrelid
      where parent.oid operator(pg_catalog.=) key.conparentid
    )
  order by key.conname, key.oid`;

const ACTIONS = { a: 'refuses', r: 'refuses', c: 'cascades', n: 'nulls', d: 'nulls' } as const;

/** One that refers to rows which a cascade deletes belongs to none of the parts, and may be met from any of them. */
export function foreignKey(row: KeyRow, part: Part | undefined, isWithinTable: boolean): AttachedObject {
  const sqlReferencing = sqlNameOf({ schema: row.schema, name: row.table });
  const table = `${row.schema}.${row.table}`;
  const sqlReferenced = sqlNameOf({ schema: row.referencedSchema, name: row.referencedName });
  return {
    kind: 'foreign key',
    name: `${row.schema}.${row.name}`,
    longName: `${table}.${row.name}`,
    effect: ACTIONS[row.action],
    onDelete: true,
    onUpdate: false,
    sqlTable: sqlReferenced,
    sqlHeap: part?.isHeap === true ? sqlReferenced : undefined,
    reference: {
      table,
      tables: [table, ...(row.partitions ?? [])],
      isDirect: part !== undefined,
      isWithinTable,
      sqlTable: row.isPartitioned ? sqlReferencing : `only ${sqlReferencing}`,
      isIndexed: row.isIndexed,
      sqlMatch: row.columns.map(matchOf).join(' and '),
    },
  };
}

function matchOf({ referenced, referencing, operatorSchema, operator }: KeyColumn): string {
  const [left, right] = [pg.escapeIdentifier(referenced), pg.escapeIdentifier(referencing)];
  return `heap.${left} operator(${pg.escapeIdentifier(operatorSchema)}.${operator}) referencing.${right}`;
}
