import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { expectOne } from './expect-one.js';

/**
 * What an object does when a row goes, or changes:
 *
 * - `fires`: a trigger that runs after the fact, or once a statement. `may-keep`: one that runs before it, for each row, and may keep the
 *   row or do something else instead. `rewrites`: a rule, which puts other statements in place of this one or beside it.
 * - `bypassed`: a trigger or rule of a partitioned table that only acts on statements which name that table; this package's name its leaves.
 * - `refuses`: a foreign key by which a row that is referred to cannot go. `cascades`, `nulls`: one that deletes the rows which refer to it,
 *   or empties their columns.
 */
export type AttachedEffect = 'fires' | 'may-keep' | 'rewrites' | 'bypassed' | 'refuses' | 'cascades' | 'nulls';

/** A trigger, a rule or an incoming foreign key of a table. */
export interface AttachedObject {
  readonly kind: 'trigger' | 'rule' | 'foreign key';
  /** Schema and name, such as `public.keep_admins`: what `cleanup.acknowledge` lists. A key's are those of the table that refers. */
  readonly name: string;
  /** Schema, table and name, such as `public.users.keep_admins`, which `cleanup.acknowledge` may list as well. */
  readonly longName: string;
  readonly effect: AttachedEffect;
  readonly onDelete: boolean;
  readonly onUpdate: boolean;
  /** The table that it belongs to, or that a key refers to, escaped for SQL. */
  readonly sqlTable: string;
  /** The heap that it acts on alone; undefined when it acts on all heaps below a partitioned table. */
  readonly sqlHeap: string | undefined;
  /** Of a key: the table that refers. */
  readonly reference: KeyReference | undefined;
}

/** The side of a foreign key that refers to others. */
export interface KeyReference {
  /** Schema and name, such as `app.sessions`. */
  readonly table: string;
  /** The same of all its partitions, itself included: an error names any of them. */
  readonly tables: readonly string[];
  /** True for a key to the heap itself; false for one to rows that a cascade deletes. */
  readonly isDirect: boolean;
  /** True for a key within the heap's own table. */
  readonly isWithinTable: boolean;
  /** The same, escaped for SQL, without the rows of inheriting children, which the key says nothing of. */
  readonly sqlTable: string;
  /** The condition that a row of it refers to a row of the heap, which goes by the alias `heap`; its own is `referencing`. */
  readonly sqlMatch: string;
  /** True when an index leads with the columns that refer, at least the first of them: otherwise each deletion reads the whole table. */
  readonly isIndexed: boolean;
}

interface Part {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly sqlName: string;
  readonly isHeap: boolean;
}

/** The states of a trigger or rule in which it acts on this session. */
const ACTS = `any ((case
  when pg_catalog.current_setting('session_replication_role') operator(pg_catalog.=) 'replica' then '{R,A}'
  else '{O,A}'
end)::pg_catalog."char"[])`;

/** True of a trigger, by the alias `trigger`, that somebody made: up to PostgreSQL 14 its copies on partitions pass for internal ones. */
export const IS_MADE = `(
  not trigger.tgisinternal
  or trigger.tgparentid operator(pg_catalog.<>) 0 and coalesce(
    (
      select made.contype operator(pg_catalog.=) 't'
      from pg_catalog.pg_constraint as made
      where made.oid operator(pg_catalog.=) trigger.tgconstraint
    ),
    true
  ))`;

/** Bits of `pg_trigger.tgtype`. */
const ROW = 1;
const BEFORE = 2;
const DELETE = 8;
const UPDATE = 16;

/** Reads what is attached to a table, of all its parts, and what the deletion of a row sets off in others. */
export async function readAttachedObjects(
  queryRunner: QueryRunner,
  parts: readonly Part[],
): Promise<readonly AttachedObject[]> {
  const answers = await queryRunner.query(ATTACHED, [parts.map(({ oid }) => oid)]);
  const { triggers, rules, keys } = expectOne<AttachedRows>(answers);
  const partOf = (oid: string): Part | undefined => parts.find((part) => part.oid === oid);
  return [
    ...triggers.flatMap((row) => onPart(partOf(row.part), (part) => trigger(row, part))),
    ...rules.flatMap((row) => onPart(partOf(row.part), (part) => rule(row, part))),
    ...passedByChildren(parts, triggers, rules),
    ...keys.map((row) => foreignKey(row, partOf(row.referenced), partOf(row.referencing) !== undefined)),
  ];
}

/** Those that act when rows of a heap are deleted, or updated. */
export function attachedTo(
  attached: readonly AttachedObject[],
  event: 'delete' | 'update',
  { sqlName }: { readonly sqlName: string },
): readonly AttachedObject[] {
  return attached.filter(
    ({ onDelete, onUpdate, effect, sqlHeap }) =>
      (event === 'delete' ? onDelete : onUpdate) &&
      effect !== 'bypassed' &&
      (sqlHeap === undefined || sqlHeap === sqlName),
  );
}

/** A statement that names the parent of an inheritance tree has its statement triggers and rules act for the children's rows too. */
function passedByChildren(
  [root, ...children]: readonly Part[],
  triggers: readonly TriggerRow[],
  rules: readonly RuleRow[],
): AttachedObject[] {
  if (root?.isHeap !== true || children.length === 0) {
    return [];
  }
  const parent = { ...root, isHeap: false };
  return [
    ...triggers.filter(({ part }) => part === root.oid).flatMap((row) => trigger(row, parent) ?? []),
    ...rules.filter(({ part }) => part === root.oid).map((row) => rule(row, parent)),
  ];
}

function onPart(part: Part | undefined, write: (part: Part) => AttachedObject | undefined): AttachedObject[] {
  const found = part === undefined ? undefined : write(part);
  return found === undefined ? [] : [found];
}

interface TriggerRow {
  readonly part: string;
  readonly schema: string;
  readonly name: string;
  readonly type: number;
}

const TRIGGERS = `
  select trigger.tgrelid as part, namespace.nspname as schema, trigger.tgname as name, trigger.tgtype::integer as type
  from pg_catalog.pg_trigger as trigger
  join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) trigger.tgrelid
  join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
  where trigger.tgrelid operator(pg_catalog.=) any ($1::pg_catalog.oid[])
    and ${IS_MADE}
    and trigger.tgenabled operator(pg_catalog.=) ${ACTS}
    and (trigger.tgtype operator(pg_catalog.&) ${DELETE | UPDATE}::smallint) operator(pg_catalog.<>) 0
  order by trigger.tgname, trigger.oid`;

/** Undefined for a row trigger of a partitioned table: each of its leaves has a copy. */
function trigger({ schema, name, type }: TriggerRow, part: Part): AttachedObject | undefined {
  const isForRows = (type & ROW) !== 0;
  if (isForRows && !part.isHeap) {
    return undefined;
  }
  const effect = isForRows && (type & BEFORE) !== 0 ? 'may-keep' : 'fires';
  return {
    ...common({ schema, name }, part, effect),
    kind: 'trigger',
    onDelete: (type & DELETE) !== 0,
    onUpdate: (type & UPDATE) !== 0,
  };
}

interface RuleRow {
  readonly part: string;
  readonly schema: string;
  readonly name: string;
  readonly onDelete: boolean;
}

const RULES = `
  select rule.ev_class as part, namespace.nspname as schema, rule.rulename as name,
         rule.ev_type operator(pg_catalog.=) '4' as "onDelete"
  from pg_catalog.pg_rewrite as rule
  join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) rule.ev_class
  join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
  where rule.ev_class operator(pg_catalog.=) any ($1::pg_catalog.oid[])
    and rule.ev_enabled operator(pg_catalog.=) ${ACTS}
    and rule.ev_type operator(pg_catalog.=) any ('{2,4}'::pg_catalog."char"[])
  order by rule.rulename, rule.oid`;

function rule({ schema, name, onDelete }: RuleRow, part: Part): AttachedObject {
  return { ...common({ schema, name }, part, 'rewrites'), kind: 'rule', onDelete, onUpdate: !onDelete };
}

function common(
  { schema, name }: { readonly schema: string; readonly name: string },
  { sqlName, isHeap, name: table }: Part,
  effect: AttachedEffect,
): Pick<AttachedObject, 'name' | 'longName' | 'effect' | 'sqlTable' | 'sqlHeap' | 'reference'> {
  return {
    name: `${schema}.${name}`,
    longName: `${schema}.${table}.${name}`,
    effect: isHeap ? effect : 'bypassed',
    sqlTable: sqlName,
    sqlHeap: isHeap ? sqlName : undefined,
    reference: undefined,
  };
}

interface KeyRow {
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

/**
 * The keys that refer to the table, and those that refer to rows which a cascade deletes, at any depth. The copies that PostgreSQL keeps of a
 * key for partitions, on either side, are left out where the key itself is listed.
 */
const INCOMING_KEYS = `
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
      where trigger.tgconstraint operator(pg_catalog.=) key.oid
        and trigger.tgrelid operator(pg_catalog.=) key.confrelid
        and trigger.tgenabled operator(pg_catalog.=) ${ACTS}
    )
    and not exists (
      select
      from pg_catalog.pg_constraint as parent
      join reached as listed on listed.oid operator(pg_catalog.=) parent.confrelid
      where parent.oid operator(pg_catalog.=) key.conparentid
    )
  order by key.conname, key.oid`;

/** One question instead of three. */
const ATTACHED = `select ${[
  ['triggers', TRIGGERS],
  ['rules', RULES],
  ['keys', INCOMING_KEYS],
]
  .map(([name, rows]) => `(select coalesce(pg_catalog.json_agg(${name}), '[]') from (${rows}) as ${name}) as ${name}`)
  .join(', ')}`;

interface AttachedRows {
  readonly triggers: readonly TriggerRow[];
  readonly rules: readonly RuleRow[];
  readonly keys: readonly KeyRow[];
}

const ACTIONS = { a: 'refuses', r: 'refuses', c: 'cascades', n: 'nulls', d: 'nulls' } as const;

/** One that refers to rows which a cascade deletes belongs to none of the parts, and may be met from any of them. */
function foreignKey(row: KeyRow, part: Part | undefined, isWithinTable: boolean): AttachedObject {
  const sqlReferencing = `${pg.escapeIdentifier(row.schema)}.${pg.escapeIdentifier(row.table)}`;
  const table = `${row.schema}.${row.table}`;
  const sqlReferenced = `${pg.escapeIdentifier(row.referencedSchema)}.${pg.escapeIdentifier(row.referencedName)}`;
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
