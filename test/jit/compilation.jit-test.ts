import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useCompiledFunctions } from './compiled-functions.js';
import { HUNG_ON_TABLES, insertDueRows } from './host-tables.js';

/** Too short for a batch of which each row waits for the compiler. */
const STATEMENT_TIMEOUT_MS = 2_000;

describe.each(HUNG_ON_TABLES)('a cleanup of a table with $what, where the server compiles', ({ table, sql }) => {
  const database = useTestDatabase();
  const compiled = useCompiledFunctions(database);
  let app: MaintenanceApp;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query(`create schema host`);
    await database.query(sql);
    app = await maintenanceApp(database.url, {
      options: { cleanup: { statementTimeoutMs: STATEMENT_TIMEOUT_MS } },
      typeOrm: { poolSize: 1 },
    });
    await compiled.reset();
  });
  afterEach(async () => {
    await app.close();
    await database.query('drop schema host cascade');
    await database.query(`truncate ${table} cascade`);
  });

  const onSameConnection = async (statement: string): Promise<unknown> =>
    app.moduleRef.get(DataSource).query(statement);
  const backend = (): Promise<unknown> => onSameConnection('select pg_backend_pid()');

  it('deletes 3,000 rows within its time-out, with nothing compiled', async () => {
    await insertDueRows(database, table, 3_000);
    expect(await app.maintenance.cleanup({ only: [table] })).toMatchObject({ status: 'succeeded', rows: 3_000 });
    expect(await database.query(`select 1 from ${table}`)).toEqual([]);
    expect(await compiled.count()).toBe(0);
  });

  it("leaves a plan on its connection that the host's own deletion of 500 rows runs without the compiler", async () => {
    await insertDueRows(database, table, 20);
    const before = await backend();
    expect(await app.maintenance.cleanup({ only: [table] })).toMatchObject({ status: 'succeeded', rows: 20 });
    await insertDueRows(database, table, 500);
    await compiled.reset();
    expect(await onSameConnection(`delete from ${table}`)).toEqual([[], 500]);
    expect(await backend()).toEqual(before);
    expect(await compiled.count()).toBe(0);
  });
});
