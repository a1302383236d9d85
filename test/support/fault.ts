import type { TestDatabase } from './test-database.js';

/** Makes the first `times` deletions of a table fail with a SQLSTATE, whatever transaction they are in. Answers how to remove it. */
export async function failFirstDeletions(
  database: TestDatabase,
  table: string,
  { sqlState, times }: { sqlState: string; times: number },
): Promise<() => Promise<void>> {
  await database.query('create sequence fault_count');
  await database.query(`
    create function fail_first() returns trigger language plpgsql as $$
    begin
      if nextval('fault_count') <= ${times} then
        raise exception 'injected fault' using errcode = '${sqlState}';
      end if;
      return old;
    end $$`);
  await database.query(`create trigger fault before delete on ${table} for each row execute function fail_first()`);
  return async () => {
    await database.query(`drop trigger fault on ${table}`);
    await database.query('drop function fail_first()');
    await database.query('drop sequence fault_count');
  };
}
