import type { QueryRunner } from 'typeorm';
import type { SqlFragment } from './sql-statement.js';

/** A parameter that no server has: to read it is an error, whose message bears its name. */
const TABLE_CHANGED = 'tenxyte_maintenance.table_changed';

/**
 * SQL that writes, as one text, everything about a relation that a walk through it stands on: the file its rows are in, its columns with
 * their types, the tables above it with their names, row security, and what runs when its rows change. Null when there is no such relation.
 *
 * @param oid an SQL expression of type `oid`
 */
export function relationState(oid: string): string {
  const list = (item: string, from: string, order: string): string =>
    `(select pg_catalog.string_agg(pg_catalog.concat_ws(':', ${item}), ',' order by ${order}) from ${from})`;
  const is = (column: string, value: string): string => `${column} operator(pg_catalog.=) ${value}`;
  const of = (column: string): string => is(column, 'state.oid');
  return `(
    select pg_catalog.concat_ws(' ', state.oid, pg_catalog.pg_relation_filenode(state.oid), state.relowner,
      pg_catalog.row_security_active(state.oid),
      ${list(
        'attnum, attname, atttypid',
        `pg_catalog.pg_attribute where ${of('attrelid')} and attnum operator(pg_catalog.>) 0 and not attisdropped`,
        'attnum',
      )},
      'ancestors', (
        with recursive ancestor (oid, detach_pending) as (
          select inhparent, inhdetachpending
          from pg_catalog.pg_inherits
          where ${of('inhrelid')}
          union
          select inherits.inhparent, inherits.inhdetachpending
          from ancestor
          join pg_catalog.pg_inherits as inherits on inherits.${is('inhrelid', 'ancestor.oid')}
        )
        ${list(
          'class.oid, class.relnamespace, class.relname, detach_pending, pg_catalog.row_security_active(class.oid)',
          `ancestor join pg_catalog.pg_class as class on class.${is('oid', 'ancestor.oid')}`,
          'class.oid, detach_pending',
        )}
      ),
      'triggers', ${list('oid, xmin', `pg_catalog.pg_trigger where ${of('tgrelid')}`, 'oid')},
      'rules', ${list('oid, xmin', `pg_catalog.pg_rewrite where ${of('ev_class')}`, 'oid')}
    )
    from pg_catalog.pg_class as state
    where state.oid operator(pg_catalog.=) ${oid})`;
}

/**
 * A condition that holds while a relation is in the state it was seen in, and is an error otherwise: {@link isTableChanged}. PostgreSQL asks
 * it once a statement, after it has locked the relation, so that nothing can change from then on until the transaction ends.
 */
function whileUnchanged({ sqlName, state }: { readonly sqlName: string; readonly state: string }): SqlFragment {
  return (bind) => `(
    select case
      when ${relationState(`pg_catalog.to_regclass(${bind(sqlName, 'text')})`)} operator(pg_catalog.=) ${bind(state, 'text')} then true
      else pg_catalog.current_setting('${TABLE_CHANGED}')::boolean
    end)`;
}

/** A slice of a relation, while that is in the state it was seen in. */
export function guarded(
  slice: SqlFragment,
  relation: { readonly sqlName: string; readonly state: string },
): SqlFragment {
  return (bind) => `${whileUnchanged(relation)(bind)} and ${slice(bind)}`;
}

/** True when a relation is no longer in the state it was seen in. */
export async function hasChanged(
  queryRunner: QueryRunner,
  { sqlName, state }: { readonly sqlName: string; readonly state: string },
): Promise<boolean> {
  const [answer]: { state: string | null }[] = await queryRunner.query(
    `select ${relationState('pg_catalog.to_regclass($1::pg_catalog.text)')} as state`,
    [sqlName],
  );
  return answer?.state !== state;
}

/** True for the error of {@link whileUnchanged}. */
export function isTableChanged(error: unknown): boolean {
  return error instanceof Error && error.message.includes(TABLE_CHANGED);
}
