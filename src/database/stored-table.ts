import type { QueryRunner } from 'typeorm';
import { expectOne } from './expect-one.js';
import type { MappedTable } from './mapped-table.js';

/** A heap that holds rows: a table, or one partition or inheriting child of it. */
export interface Heap {
  /** Schema and name, escaped by the server. */
  readonly sqlName: string;
  /** Size in pages when it was looked at. */
  readonly pages: number;
  /** Rows as the last vacuum or analyze counted them; -1 when neither has run yet. */
  readonly estimatedRows: number;
}

/** A relation that has no heap of its own to walk, such as a view. */
interface NotATable {
  readonly sqlName: string;
  readonly kind: string;
}

/** A table as the database stores it. */
export interface StoredTable {
  /** Every heap that holds rows of it: itself, its leaf partitions, its inheriting children. */
  readonly heaps: readonly Heap[];
  /** Relations that cannot be walked: the relation itself when it is a view, or a partition that is a foreign table. */
  readonly notTables: readonly NotATable[];
  /** The type of each column, such as `timestamp with time zone`. */
  readonly columnTypes: ReadonlyMap<string, string>;
}

/** Names of `pg_class.relkind`, as the PostgreSQL manual gives them. */
const RELATION_KINDS: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

interface PartRow {
  readonly sqlName: string;
  readonly kind: string;
  readonly pages: string;
  readonly estimatedRows: number;
}

/** Looks a table up in the catalogs; undefined when there is none by that name on the search path. */
export async function findStoredTable(queryRunner: QueryRunner, table: MappedTable): Promise<StoredTable | undefined> {
  const parts = await readParts(queryRunner, table.sqlName);
  if (parts.length === 0) {
    return undefined;
  }
  const columns = await readColumnTypes(queryRunner, table.sqlName);
  const leaves = parts.filter(({ kind }) => kind !== 'p');
  return {
    heaps: leaves
      .filter(({ kind }) => kind === 'r')
      .map(({ sqlName, pages, estimatedRows }) => ({ sqlName, pages: Number(pages), estimatedRows })),
    notTables: leaves
      .filter(({ kind }) => kind !== 'r')
      .map(({ sqlName, kind }) => ({ sqlName, kind: RELATION_KINDS[kind] ?? `relation of kind ${kind}` })),
    columnTypes: new Map(columns.map(({ name, type }) => [name, type])),
  };
}

/** True when the search path has a relation by that name. */
export async function tableExists(queryRunner: QueryRunner, table: MappedTable): Promise<boolean> {
  const [answer]: { exists: boolean }[] = await queryRunner.query(
    'select to_regclass($1::text) is not null as exists',
    [table.sqlName],
  );
  return answer?.exists === true;
}

/** The table with all its partitions and children, at any depth. */
async function readParts(queryRunner: QueryRunner, sqlName: string): Promise<PartRow[]> {
  return queryRunner.query(
    `
    with recursive part (oid) as (
      select to_regclass($1::text)::oid
      union
      select inherits.inhrelid
      from part
      join pg_catalog.pg_inherits as inherits on inherits.inhparent = part.oid
    )
    select format('%I.%I', namespace.nspname, class.relname) as "sqlName",
           class.relkind as kind,
           case when class.relkind = 'r'
             then pg_relation_size(class.oid) / current_setting('block_size')::bigint
             else 0
           end as pages,
           class.reltuples::float8 as "estimatedRows"
    from part
    join pg_catalog.pg_class as class on class.oid = part.oid
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    order by class.oid`,
    [sqlName],
  );
}

async function readColumnTypes(queryRunner: QueryRunner, sqlName: string): Promise<{ name: string; type: string }[]> {
  return queryRunner.query(
    `
    select attname as name, format_type(atttypid, null) as type
    from pg_catalog.pg_attribute
    where attrelid = to_regclass($1::text)
      and attnum > 0
      and not attisdropped`,
    [sqlName],
  );
}

/** Bytes of some heaps with their indexes and their TOAST. */
export async function tableBytes(queryRunner: QueryRunner, heaps: readonly Pick<Heap, 'sqlName'>[]): Promise<number> {
  const answer: { bytes: string }[] = await queryRunner.query(
    `
    select coalesce(sum(pg_total_relation_size(name::regclass)), 0) as bytes
    from unnest($1::text[]) as name`,
    [heaps.map(({ sqlName }) => sqlName)],
  );
  return Number(expectOne(answer).bytes);
}
