import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { inTransaction, writingMode } from '../../src/database/short-transaction.js';
import { isConnectionLost } from '../../src/database/sql-state.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

describe('a transaction whose process has stopped', () => {
  const database = useTestDatabase();
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  });
  afterEach(() => dataSource.destroy());

  it('is ended by the server, so that others get what it holds', async () => {
    await insertReferences(database);
    await insertRows(database, 'login_attempts', [{}]);
    const silent = withQueryRunner(dataSource, (queryRunner) =>
      inTransaction(queryRunner, writingMode({ lockTimeoutMs: 100, statementTimeoutMs: 100 }), async () => {
        await queryRunner.query('delete from login_attempts');
        // Waits for the row, while this process says nothing to its own session.
        await database.query('select from login_attempts for update');
        await queryRunner.query('select');
      }),
    );
    const error: unknown = await silent.catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
    expect(await database.query('select from login_attempts')).toHaveLength(1);
  });
});
