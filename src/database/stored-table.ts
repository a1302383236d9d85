import type { QueryRunner } from 'typeorm';
import type { AttachedObject } from './attached-objects.js';
import { expectOne } from './expect-one.js';
import { type MappedTable, sqlNameOf } from './mapped-table.js';
import { IS_MADE, readAttachedObjects } from './read-attached-objects.js';
import { relationState } from './relation-state.js';

/** A heap that holds rows: a table, or one partition or inheriting child of it. */
export interface Heap {
  /** Schema and name, escaped for SQL. */
  readonly sqlName: string;
  /** Size in pages when it was looked at. */
  readonly pages: number;
  /** Rows as the last vacuum or analyze counted them; -1 when neither has run yet. */
  readonly estimatedRows: number;
  /** Everything that a walk stands on, as it was when it was looked at: see `relationState`. */
  readonly state: string;
}

/** A relation that a table consists of. */
interface Part {
  /** Schema and name, escaped for SQL. */
  readonly sqlName: string;
}

/** A relation that has no heap of its own to walk, such as a view. */
interface NotATable extends Part {
  readonly kind: string;
}

/** A table as the database stores it. */
export interface StoredTable {
  /** Every heap that holds rows of it: itself, its leaf partitions, its inheriting children. */
  readonly heaps: readonly Heap[];
  /** Relations that cannot be walked: the relation itself when it is a view, or a partition that is a foreign table. */
  readonly notTables: readonly NotATable[];
  /** Its parts, itself included, of which row level security may hide rows from this role. */
  readonly securedParts: readonly Part[];
  /** Schema and name of the table itself, such as `public.login_attempts`. */
  readonly name: string;
  /** The role that owns the table itself. */
  readonly owner: string;
  /** What acts, or refuses, when rows of it are deleted or updated. */
  readonly attached: readonly AttachedObject[];
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
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly pages: string;
  readonly estimatedRows: number;
  readonly state: string;
  readonly isSecured: boolean;
  readonly owner: string;
  readonly isActedOn: boolean;
}

/** Looks a table up in the catalogs; undefined when there is none by that name on the search path. */
export async function findStoredTable(queryRunner: QueryRunner, table: MappedTable): Promise<StoredTable | undefined> {
  // The state comes first: what changes while the rest is read differs from it, and no batch goes through.
  const rows = await readParts(queryRunner, table.sqlName);
  const [root] = rows;
  if (root === undefined) {
    return undefined;
  }
  const parts = rows.map((row) => ({ ...row, sqlName: sqlNameOf(row), isHeap: row.kind === 'r' }));
  const leaves = parts.filter(({ kind }) => kind !== 'p');
  const columns = await readColumnTypes(queryRunner, root.oid);
  return {
    heaps: leaves
      .filter(({ isHeap }) => isHeap)
      .map(({ sqlName, pages, estimatedRows, state }) => ({ sqlName, pages: Number(pages), estimatedRows, state })),
    notTables: leaves
      .filter(({ isHeap }) => !isHeap)
      .map(({ sqlName, kind }) => ({ sqlName, kind: RELATION_KINDS[kind] ?? `relation of kind ${kind}` })),
    securedParts: parts.filter(({ isSecured }) => isSecured),
    name: `${root.schema}.${root.name}`,
    owner: root.owner,
    // Nearly no table has any, which its own triggers tell sooner: an incoming key has one for deletions.
    attached: parts.some(({ isActedOn }) => isActedOn) ? await readAttachedObjects(queryRunner, parts) : [],
    columnTypes: new Map(columns.map(({ name, type }) => [name, type])),
  };
}

/** True when the search path has a relation by that name. */
export async function tableExists(queryRunner: QueryRunner, table: MappedTable): Promise<boolean> {
  const [answer]: { exists: boolean }[] = await queryRunner.query(
    'select pg_catalog.to_regclass($1::pg_catalog.text) is not null as exists',
    [table.sqlName],
  );
  return answer?.exists === true;
}

/** The table with all its partitions and children, at any depth, itself first. */
async function readParts(queryRunner: QueryRunner, sqlName: string): Promise<PartRow[]> {
  return queryRunner.query(
    `
    with recursive part (oid) as (
      select pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
      union
      select inherits.inhrelid
      from part
      join pg_catalog.pg_inherits as inherits on inherits.inhparent operator(pg_catalog.=) part.oid
    )
    select class.oid::pg_catalog.text as oid,
           namespace.nspname as schema,
           class.relname as name,
           class.relkind as kind,
           case when class.relkind operator(pg_catalog.=) 'r'
             then pg_catalog.pg_relation_size(class.oid)
                  operator(pg_catalog./) pg_catalog.current_setting('block_size')::bigint
             else 0
           end as pages,
           class.reltuples::double precision as "estimatedRows",
           ${relationState('class.oid')} as state,
           pg_catalog.row_security_active(class.oid) as "isSecured",
           pg_catalog.pg_get_userbyid(class.relowner) as owner,
           class.relhasrules or exists (
             select
             from pg_catalog.pg_trigger as trigger
             where trigger.tgrelid operator(pg_catalog.=) class.oid
               and (${IS_MADE} or (trigger.tgtype operator(pg_catalog.&) 8::smallint) operator(pg_catalog.<>) 0)
           ) as "isActedOn"
    from part
    join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) part.oid
    join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
    order by class.oid operator(pg_catalog.<>) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid, class.oid`,
    [sqlName],
  );
}

async function readColumnTypes(queryRunner: QueryRunner, oid: string): Promise<{ name: string; type: string }[]> {
  return queryRunner.query(
    `
    select attname as name, pg_catalog.format_type(atttypid, null) as type
    from pg_catalog.pg_attribute
    where attrelid operator(pg_catalog.=) $1::pg_catalog.oid
      and attnum operator(pg_catalog.>) 0
      and not attisdropped`,
    [oid],
  );
}

/** Bytes of some heaps with their indexes and their TOAST. */
export async function tableBytes(queryRunner: QueryRunner, heaps: readonly Pick<Heap, 'sqlName'>[]): Promise<number> {
  const answer: { bytes: string }[] = await queryRunner.query(
    `
    select coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(name::pg_catalog.regclass)), 0) as bytes
    from pg_catalog.unnest($1::pg_catalog.text[]) as name`,
    [heaps.map(({ sqlName }) => sqlName)],
  );
  return Number(expectOne(answer).bytes);
}
