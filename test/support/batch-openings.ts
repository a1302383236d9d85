import type { TestDatabase } from './test-database.js';

/** Batches that wrote down that they began, and those that deleted. */
export interface BatchOpenings {
  /** Statements for a batch to begin with. */
  readonly statements: readonly string[];
  /** The connection of each committed batch that began with the statements. */
  connections(): Promise<readonly number[]>;
  /** The tables that a batch deleted from. */
  deletedFrom(): Promise<readonly string[]>;
  /** The tables that a batch deleted from without having begun with the statements in the same transaction. */
  unopened(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Has the deletions from some tables recorded. */
export async function recordOpenings(database: TestDatabase, tables: readonly string[]): Promise<BatchOpenings> {
  await database.query('create table opened_batches (batch xid8, connection int)');
  await database.query('create table deleting_batches (batch xid8, deleted_from text)');
  await database.query(
    `create function record_deletion() returns trigger language plpgsql as $$
     begin
       insert into public.deleting_batches values (pg_current_xact_id(), tg_argv[0]);
       return null;
     end $$`,
  );
  for (const table of tables) {
    await database.query(
      `create trigger record_deletion after delete on ${table} for each statement execute function record_deletion('${table}')`,
    );
  }
  const deletedFrom = async (where = 'true'): Promise<readonly string[]> => {
    const rows = await database.query<{ table: string }>(
      `select distinct deleted_from as table from deleting_batches as deleting where ${where} order by 1`,
    );
    return rows.map(({ table }) => table);
  };
  return {
    statements: [`insert into public.opened_batches values (pg_current_xact_id(), pg_backend_pid())`],
    connections: async () =>
      (await database.query<{ connection: number }>('select connection from opened_batches')).map(
        ({ connection }) => connection,
      ),
    deletedFrom: () => deletedFrom(),
    unopened: () =>
      deletedFrom('not exists (select from opened_batches as opened where opened.batch = deleting.batch)'),
    remove: async () => {
      await database.query('drop function record_deletion() cascade');
      await database.query('drop table opened_batches, deleting_batches');
    },
  };
}
