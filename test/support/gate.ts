import type { TestDatabase } from './test-database.js';
import { eventually } from './eventually.js';

/** A place at which a deletion or an update halts until the test lets it go on, so that what happens in mid-run needs no luck. */
export interface Gate {
  /** Waits until somebody stands at the gate; answers the server process that does. */
  reached(): Promise<number>;
  /** Lets everyone pass, now and later. */
  open(): Promise<void>;
  /** Opens the gate and removes it. */
  remove(): Promise<void>;
}

const GATE_LOCK = 4711;

/** Sets up a gate before the deletion of one row. */
export function gateBeforeDeleting(database: TestDatabase, table: string, id: string): Promise<Gate> {
  return gateBefore('delete', database, table, id);
}

/** Sets up a gate before an update of one row that changes its status. */
export function gateBeforeStatusChange(database: TestDatabase, table: string, id: string): Promise<Gate> {
  return gateBefore('update of status', database, table, id);
}

/** Sets up a gate before an update of one user that changes the TOTP secret. */
export function gateBeforeSecretChange(database: TestDatabase, userId: string): Promise<Gate> {
  return gateBefore('update of totp_secret', database, 'users', userId);
}

async function gateBefore(
  event: 'delete' | 'update of status' | 'update of totp_secret',
  database: TestDatabase,
  table: string,
  id: string,
): Promise<Gate> {
  const keeper = await database.connect();
  await keeper.query('select pg_advisory_lock($1)', [GATE_LOCK]);
  await database.query(`
    create function stand_at_gate() returns trigger language plpgsql set lock_timeout = '60s' as $$
    begin
      perform pg_advisory_xact_lock_shared(${GATE_LOCK});
      return coalesce(new, old);
    end $$`);
  await database.query(
    `create trigger gate before ${event} on ${table} for each row when (old.id = ${id}) execute function stand_at_gate()`,
  );
  const open = async (): Promise<void> => {
    await keeper.query('select pg_advisory_unlock_all()');
  };
  return {
    open,
    reached: () =>
      eventually(async () => {
        const [waiting] = await database.query<{ pid: number }>(
          `select pid from pg_locks
           where locktype = 'advisory' and objid = $1 and not granted
             and database = (select oid from pg_database where datname = current_database())`,
          [GATE_LOCK],
        );
        return waiting?.pid;
      }),
    remove: async () => {
      await open();
      await database.query(`drop trigger gate on ${table}`);
      await database.query('drop function stand_at_gate()');
    },
  };
}
