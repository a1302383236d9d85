import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { useOwnServer } from '../cluster/own-server.js';
import { BRIEF_READING, BRIEF_WRITING } from '../../src/database/brief-statement.js';
import { inTransaction } from '../../src/database/short-transaction.js';
import { ActiveRun } from '../../src/tasks/active-run.js';
import { gateBeforeDeleting } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const PATIENT_MS = 60_000;

describe('a run whose server crashes in mid-batch', () => {
  const server = useOwnServer();
  const { database } = server;
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url);
  });
  afterAll(() => app.close());

  it(
    'is certain of the targets that it is done with, whose rows are gone, and not of the one it is at',
    async () => {
      await database.query(`
        insert into blacklisted_tokens (token_jti, blacklisted_at, expires_at, reason, user_id)
        select n, 'epoch', 'epoch', '', 1 from generate_series(1, 20000) as n`);
      const [id = ''] = await insertRows(database, 'login_attempts', [{ created_at: '2001-01-01T00:00:00Z' }]);
      const gate = await gateBeforeDeleting(database, 'login_attempts', id);
      const running = app.maintenance.cleanup({ only: ['blacklisted_tokens', 'login_attempts'] });
      await gate.reached();
      await server.crash();
      const report = await running;
      expect(report).toMatchObject({
        status: 'partial',
        isUncertain: true,
        targets: [
          { name: 'blacklisted_tokens', status: 'succeeded', rows: 20_000, isUncertain: false },
          { name: 'login_attempts', status: 'failed', isUncertain: true, error: { code: 'CONNECTION_LOST' } },
        ],
      });
      expect(await database.query('select from blacklisted_tokens')).toHaveLength(0);
    },
    PATIENT_MS,
  );
});

describe('a connection of a run that is lost', () => {
  const database = useTestDatabase();
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  });
  afterAll(() => dataSource.destroy());

  it.each([
    ['in a transaction that writes', [BRIEF_WRITING], 1],
    ['behind one that wrote', [BRIEF_WRITING, BRIEF_READING], 1],
    ['in one that reads, and none that wrote before', [BRIEF_READING, BRIEF_READING], 0],
  ] as const)('makes its counts uncertain %s', async (_, modes, uncertainties) => {
    const context = { dataSource, runId: 'run-1', isScheduled: false, lease: undefined, shutdownTimeoutMs: 1_000 };
    const run = new ActiveRun(context);
    const lose = async (queryRunner: QueryRunner): Promise<void> => {
      for (const [index, mode] of modes.entries()) {
        await inTransaction(queryRunner, mode, () =>
          queryRunner.query(`select ${index === modes.length - 1 ? 'pg_terminate_backend(pg_backend_pid())' : '1'}`),
        );
      }
    };
    await expect(run.withQueryRunner(lose)).rejects.toThrow(/terminat/);
    expect(run.uncertainties).toBe(uncertainties);
    await expect(run.withSpareQueryRunner(lose)).rejects.toThrow(/terminat/);
    expect(run.uncertainties).toBe(2 * uncertainties);
  });
});
