import type { QueryRunner } from 'typeorm';
import type { AttachedEffect, AttachedObject, Part } from './attached-objects.js';
import { expectOne } from './expect-one.js';
import { ACTS, foreignKey, INCOMING_KEYS, type KeyRow } from './incoming-keys.js';

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
