import type { Bind, SqlFragment } from '../../database/sql-statement.js';
import type { UsersTable } from './users-table.js';

/** A secret as the database has it. */
export interface StoredSecret {
  /** The key of the user's row, as text. */
  readonly userId: string;
  readonly secret: string;
}

/** A secret and what is to stand in its place. */
export interface SecretChange extends StoredSecret {
  readonly reencrypted: string;
}

/** Keeps the planner from reading the whole table for each batch: it takes a batch for larger than it is. */
export const BY_PRIMARY_KEY = { enable_hashjoin: 'off', enable_mergejoin: 'off', enable_seqscan: 'off' } as const;

/** The unit separator. Nearly always it stands in no key and in no secret. */
const UNIT = '\u001F';

/**
 * Reads the next `size` users by their key, with or without a secret: how much is read does not depend on how many have one.
 *
 * @param after the key of the last user that was read; undefined at the beginning
 */
export function pageOfSecrets({ table, key }: UsersTable, after: string | undefined, size: number): SqlFragment {
  const [id, secret] = [`page.${table.sqlColumn('id')}`, `page.${table.sqlColumn('totpSecret')}`];
  return (bind) => `
    select ${id}::pg_catalog.text as "userId", ${secret} as "secret"
    from ${table.sqlName} as page
    ${after === undefined ? '' : `where ${id} operator(${key.operators}.>) ${bind(after, 'text')}::${key.type}`}
    order by ${id}
    limit ${bind(String(size), 'int8')}`;
}

/** Reads the secrets of some users; of those that are gone or have none, nothing. */
export function secretsOf({ table, key }: UsersTable, userIds: readonly string[]): SqlFragment {
  const [id, secret] = [table.sqlColumn('id'), table.sqlColumn('totpSecret')];
  return (bind) => `
    select ${id}::pg_catalog.text as "userId", ${secret} as "secret"
    from ${table.sqlName}
    where ${id} operator(${key.operators}.=) any (${list(bind, userIds)}::${key.type}[])
      and ${secret} operator(pg_catalog.<>) ''
    order by ${id}`;
}

/** Locks the users whose old secret still stands, and answers them. @param skipsLocked true to pass over those that somebody holds */
export function lockUnchanged(users: UsersTable, changes: readonly SecretChange[], skipsLocked: boolean): SqlFragment {
  const { table, key } = users;
  return (bind) => `
    select change.id::pg_catalog.text as "userId"
    from ${changeList(bind, users, changes)}
    join ${table.sqlName} as stored
      on stored.${table.sqlColumn('id')} operator(${key.operators}.=) change.id
      and stored.${table.sqlColumn('totpSecret')} operator(pg_catalog.=) change.old
    for no key update of stored${skipsLocked ? ' skip locked' : ''}`;
}

/** Writes secrets, each only where the old one still stands. Waits for locked rows. */
export function writeSecrets(users: UsersTable, changes: readonly SecretChange[]): SqlFragment {
  const { table, key } = users;
  return (bind) => `
    update ${table.sqlName} as stored
    set ${table.sqlColumn('totpSecret')} = change.reencrypted
    from ${changeList(bind, users, changes)}
    where stored.${table.sqlColumn('id')} operator(${key.operators}.=) change.id
      and stored.${table.sqlColumn('totpSecret')} operator(pg_catalog.=) change.old`;
}

/** As {@link writeSecrets}, but skips locked rows. Others may go on referring to a user meanwhile. */
export function writeUnlockedSecrets(users: UsersTable, changes: readonly SecretChange[]): SqlFragment {
  const { table, key } = users;
  const [id, secret] = [table.sqlColumn('id'), table.sqlColumn('totpSecret')];
  return (bind) => `
    with taken (id, old, reencrypted) as materialized (
      select change.id, change.old, change.reencrypted
      from ${changeList(bind, users, changes)}
      join ${table.sqlName} as stored
        on stored.${id} operator(${key.operators}.=) change.id
        and stored.${secret} operator(pg_catalog.=) change.old
      for no key update of stored skip locked
    )
    update ${table.sqlName} as stored
    set ${secret} = taken.reencrypted
    from taken
    where stored.${id} operator(${key.operators}.=) taken.id
      and stored.${secret} operator(pg_catalog.=) taken.old`;
}

/** The users whose secret is not the one that was to be written: somebody locked or changed it, or the user is gone. */
export function usersNotWritten(users: UsersTable, changes: readonly SecretChange[]): SqlFragment {
  const { table, key } = users;
  return (bind) => `
    select change.id::pg_catalog.text as "userId"
    from ${changeList(bind, users, changes)}
    left join ${table.sqlName} as stored
      on stored.${table.sqlColumn('id')} operator(${key.operators}.=) change.id
    where (stored.${table.sqlColumn('totpSecret')} operator(pg_catalog.=) change.reencrypted) is not true`;
}

function changeList(bind: Bind, { key }: UsersTable, changes: readonly SecretChange[]): string {
  const ids = list(
    bind,
    changes.map(({ userId }) => userId),
  );
  const old = list(
    bind,
    changes.map(({ secret }) => secret),
  );
  const reencrypted = list(
    bind,
    changes.map((change) => change.reencrypted),
  );
  return `
      rows from (
        pg_catalog.unnest(${ids}::${key.type}[]), pg_catalog.unnest(${old}), pg_catalog.unnest(${reencrypted})
      ) as change (id, old, reencrypted)`;
}

/**
 * As one text: as an array it would take twice as long to write and to read. And not as it is, of which the planner would count the elements
 * and then rather read the whole table: a sub-query it takes for few.
 */
function list(bind: Bind, texts: readonly string[]): string {
  const separator = separatorOf(texts);
  const separatorSql = separator === UNIT ? 'pg_catalog.chr(31)' : bind(separator, 'text');
  return `(select pg_catalog.string_to_array(${bind(texts.join(separator), 'text')}, ${separatorSql}))`;
}

/** Python passes over what is not of the alphabet, so that any character may stand in a token. */
function separatorOf(texts: readonly string[]): string {
  const all = texts.join('');
  if (!all.includes(UNIT)) {
    return UNIT;
  }
  let number = 0;
  while (all.includes(`${UNIT}${number}`)) {
    number += 1;
  }
  return `${UNIT}${number}${UNIT}`;
}
