import { createHash } from 'node:crypto';

/**
 * The key of the advisory lock that stands between a deletion and whoever places a hold: each batch that deletes shares it, whoever changes
 * `holds` has it alone. One for each schema.
 *
 * @param schema escaped for SQL
 */
export function holdBarrierKey(schema: string): string {
  return createHash('sha256').update(`tenxyte-maintenance:holds:${schema}`).digest().readBigInt64BE().toString();
}

/** SQL for the characters that do not matter around an identifier. */
export const BLANKS = String.raw`E' \t\n\r\f\v'`;

/** Characters of a text that a hold names. What is looked up of it is kept in an index, whose rows are of limited size. */
const LONGEST_TEXT = 500;

/** That a hold is in force, by the alias of its row. */
export function inForce(hold: string): string {
  const release = `${hold}.effective_release_at`;
  return `(${release} is null or ${release} operator(pg_catalog.>) pg_catalog.now())`;
}

/** What a hold says when it is placed, and never changes again. */
const TERMS = [
  'id',
  'case_ref',
  'reason',
  'target',
  'user_id',
  'application_id',
  'organization_id',
  'created_from',
  'created_to',
  'placed_by',
  'placed_at',
];

const RELEASE = ['released_by', 'released_at', 'release_reason', 'effective_release_at'];

/**
 * Legal holds. `holds` is what people write, by the service or by SQL: its triggers take the barrier, keep the terms of a hold and its
 * release from being changed, and write `hold_events`. `hold_subjects` is what a hold came to when it was last resolved: ids of users, agent
 * tokens, applications and organizations, and identifiers, with what a batch asks of the hold: a join would cost each batch five times as
 * much. `shape` says in which dimensions it holds; null until it is resolved.
 */
export function createHolds(schema: string): readonly string[] {
  return [
    `create table if not exists ${schema}.holds (
       id pg_catalog.uuid primary key default pg_catalog.gen_random_uuid(),
       case_ref pg_catalog.text not null check (pg_catalog.btrim(case_ref) operator(pg_catalog.<>) ''),
       reason pg_catalog.text not null check (pg_catalog.btrim(reason) operator(pg_catalog.<>) ''),
       target pg_catalog.text,
       user_id pg_catalog.text,
       identifiers pg_catalog.text[],
       application_id pg_catalog.text,
       organization_id pg_catalog.text,
       created_from pg_catalog.timestamptz,
       created_to pg_catalog.timestamptz check (created_to operator(pg_catalog.>) created_from),
       placed_by pg_catalog.text not null check (pg_catalog.btrim(placed_by) operator(pg_catalog.<>) ''),
       placed_at pg_catalog.timestamptz not null default pg_catalog.now(),
       review_at pg_catalog.timestamptz,
       released_by pg_catalog.text check (pg_catalog.btrim(released_by) operator(pg_catalog.<>) ''),
       released_at pg_catalog.timestamptz,
       release_reason pg_catalog.text check (pg_catalog.btrim(release_reason) operator(pg_catalog.<>) ''),
       effective_release_at pg_catalog.timestamptz check (effective_release_at operator(pg_catalog.>=) released_at),
       shape pg_catalog.text,
       check (
         pg_catalog.num_nonnulls(${RELEASE.join(', ')}) operator(pg_catalog.=) any (array[0, ${RELEASE.length}])
       )
     )`,
    `create table if not exists ${schema}.hold_subjects (
       hold_id pg_catalog.uuid not null references ${schema}.holds (id) on delete cascade,
       dimension pg_catalog.text not null,
       kind pg_catalog.text not null,
       value pg_catalog.text not null,
       target pg_catalog.text,
       shape pg_catalog.text not null,
       primary key (kind, value, hold_id, dimension, shape)
     )`,
    `create index if not exists hold_subjects_hold on ${schema}.hold_subjects (hold_id)`,
    `create table if not exists ${schema}.hold_events (
       id pg_catalog.int8 generated always as identity primary key,
       hold_id pg_catalog.uuid not null,
       event pg_catalog.text not null,
       actor pg_catalog.text,
       reason pg_catalog.text,
       database_user pg_catalog.text not null,
       at pg_catalog.timestamptz not null
     )`,
    `create index if not exists hold_events_hold on ${schema}.hold_events (hold_id)`,
    ...HOLD_TRIGGERS.flatMap((trigger) => triggerStatements(schema, trigger)),
  ];
}

/** True where any of the columns is not what it was. */
function differ(columns: readonly string[]): string {
  const row = (of: string): string => `row(${columns.map((column) => `${of}.${column}`).join(', ')})::pg_catalog.text`;
  return `${row('new')} operator(pg_catalog.<>) ${row('old')}`;
}

/** A trigger and its function, which bear the same name. */
interface HoldTrigger {
  readonly name: string;
  readonly table: 'holds' | 'hold_subjects' | 'hold_events';
  readonly when: string;
  readonly each: 'row' | 'statement';
  /** True for what whoever sets it off has no privilege for, so that nobody can write a history of his own. @default false */
  readonly isOwners?: boolean;
  readonly body: (schema: string) => string;
}

/** The triggers of the tables, and their functions. */
export const HOLD_TRIGGERS: readonly HoldTrigger[] = [
  {
    name: 'hold_barrier',
    table: 'holds',
    when: `before insert or delete or truncate or update of ${[...TERMS, 'review_at', ...RELEASE].join(', ')}`,
    each: 'statement',
    body: (schema) => `
      perform pg_catalog.pg_advisory_xact_lock(${holdBarrierKey(schema)});
      if tg_op operator(pg_catalog.=) 'TRUNCATE' and exists (select from ${schema}.holds as hold where ${inForce('hold')}) then
        raise exception 'holds in force cannot be truncated away: release them';
      end if;
      return null;`,
  },
  {
    name: 'hold_terms',
    table: 'holds',
    when: 'before insert or update or delete',
    each: 'row',
    body: () => `
      if tg_op operator(pg_catalog.=) 'INSERT' then
        if new.released_at is not null then
          raise exception 'a hold is placed before it is released';
        end if;
        if new.identifiers operator(pg_catalog.=) '{}' or exists (
          select from pg_catalog.unnest(new.identifiers) as identifier
          where (pg_catalog.btrim(identifier, ${BLANKS}) operator(pg_catalog.<>) '') is not true
        ) then
          raise exception 'the identifiers of a hold are one or more texts, or null: nobody is known by none';
        end if;
        if exists (
          select from pg_catalog.unnest(coalesce(new.identifiers, '{}') operator(pg_catalog.||)
            array[new.target, new.user_id, new.application_id, new.organization_id]) as named
          where pg_catalog.length(named) operator(pg_catalog.>) ${LONGEST_TEXT}
        ) then
          raise exception 'what a hold names has at most ${LONGEST_TEXT} characters';
        end if;
        new.shape := null;
        return new;
      end if;
      if tg_op operator(pg_catalog.=) 'DELETE' then
        if ${inForce('old')} then
          raise exception 'hold % is in force and cannot be deleted: release it', old.id;
        end if;
        return old;
      end if;
      if ${differ(TERMS)} or (${inForce('old')} and ${differ(['identifiers'])}) then
        raise exception 'the terms of hold % cannot be changed: release it and place another', old.id;
      end if;
      if pg_catalog.regexp_replace(new.shape, ':[a-z]+', '', 'g') operator(pg_catalog.<>) pg_catalog.concat_ws('+',
        case when new.user_id is not null then 'user' end,
        case when new.identifiers is not null then 'identifiers' end,
        case when new.application_id is not null then 'application' end,
        case when new.organization_id is not null then 'organization' end,
        case when pg_catalog.num_nonnulls(new.created_from, new.created_to) operator(pg_catalog.>) 0 then 'created' end
      ) then
        raise exception 'the shape of hold % is not that of its terms', old.id;
      end if;
      if old.released_at is not null and ${differ(RELEASE)} then
        raise exception 'hold % is released, which is final', old.id;
      end if;
      if old.released_at is null and new.released_at is not null then
        new.released_at := pg_catalog.now();
        new.effective_release_at := greatest(new.effective_release_at, pg_catalog.now());
      end if;
      return new;`,
  },
  {
    name: 'hold_history',
    table: 'holds',
    when: 'after insert or delete or update of released_at, review_at',
    each: 'row',
    isOwners: true,
    body: (schema) => `
      if tg_relid operator(pg_catalog.<>) '${schema}.holds'::pg_catalog.regclass then
        raise exception 'hold_history is for holds alone';
      end if;
      insert into ${schema}.hold_events (hold_id, event, actor, reason, database_user, at)
      values (
        coalesce(new.id, old.id),
        case
          when tg_op operator(pg_catalog.=) 'INSERT' then 'placed'
          when tg_op operator(pg_catalog.=) 'DELETE' then 'deleted'
          when old.released_at is null and new.released_at is not null then 'released'
          else 'review-changed'
        end,
        case
          when tg_op operator(pg_catalog.=) 'INSERT' then new.placed_by
          when tg_op operator(pg_catalog.=) 'UPDATE' and old.released_at is null then new.released_by
        end,
        case
          when tg_op operator(pg_catalog.=) 'INSERT' then new.reason
          when tg_op operator(pg_catalog.=) 'UPDATE' and old.released_at is null then new.release_reason
        end,
        session_user, pg_catalog.now()
      );
      return null;`,
  },
  {
    name: 'hold_subjects_kept',
    table: 'hold_subjects',
    when: 'before update or delete',
    each: 'row',
    body: (schema) => `
      if exists (
        select from ${schema}.holds as hold
        where hold.id operator(pg_catalog.=) old.hold_id and ${inForce('hold')}
      ) then
        raise exception 'hold % is in force, and what it holds stays', old.hold_id;
      end if;
      if tg_op operator(pg_catalog.=) 'DELETE' then
        return old;
      end if;
      return new;`,
  },
  {
    name: 'hold_subjects_not_truncated',
    table: 'hold_subjects',
    when: 'before truncate',
    each: 'statement',
    body: (schema) => `
      if exists (select from ${schema}.holds as hold where ${inForce('hold')}) then
        raise exception 'what a hold in force holds cannot be truncated away';
      end if;
      return null;`,
  },
  {
    name: 'hold_events_kept',
    table: 'hold_events',
    when: 'before insert or update or delete or truncate',
    each: 'statement',
    body: () => `
      if tg_op operator(pg_catalog.=) 'INSERT' and pg_catalog.pg_trigger_depth() operator(pg_catalog.>) 1 then
        return null;
      end if;
      raise exception 'hold_events is append-only, and written by the trigger of holds alone';`,
  },
];

/** They fire under `session_replication_role = replica`, too. */
function triggerStatements(
  schema: string,
  { name, table, when, each, isOwners = false, body }: HoldTrigger,
): readonly string[] {
  return [
    `create or replace function ${schema}.${name}() returns trigger
     language plpgsql${isOwners ? ' security definer' : ''} set search_path = pg_catalog, pg_temp as $body$
     begin ${body(schema)}
     end $body$`,
    // Whoever may execute it might set it on a table of his own.
    ...(isOwners ? [`revoke execute on function ${schema}.${name}() from public`] : []),
    `drop trigger if exists ${name} on ${schema}.${table}`,
    `create trigger ${name} ${when} on ${schema}.${table} for each ${each} execute function ${schema}.${name}()`,
    `alter table ${schema}.${table} enable always trigger ${name}`,
  ];
}
