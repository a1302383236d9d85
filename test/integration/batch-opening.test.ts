import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BATCH_OPENING } from '../../src/batches/batch-opening.js';
import { CLEANUP_TARGET_NAMES } from '../../src/index.js';
import type { CleanupTargetName } from '../../src/index.js';
import { type BatchOpenings, recordOpenings } from '../support/batch-openings.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows, type Row, tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const PAST = '2001-01-01T00:00:00Z';
const TABLES = CLEANUP_TARGET_NAMES.map(tableOfTarget);

function dueRow(target: CleanupTargetName): Row {
  switch (target) {
    case 'login_attempts':
    case 'audit_logs':
      return { created_at: PAST };
    case 'maintenance_runs':
      return { finished_at: PAST };
    case 'agent_pending_actions':
      return { expires_at: PAST, created_at: PAST };
    default:
      return { expires_at: PAST };
  }
}

describe('the statements that a batch of a cleanup begins with', () => {
  const database = useTestDatabase();
  let openings: BatchOpenings;
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    await (await maintenanceApp(database.url)).close();
  });
  beforeEach(async () => {
    for (const target of CLEANUP_TARGET_NAMES) {
      await database.query(`delete from ${tableOfTarget(target)}`);
      await insertRows(database, tableOfTarget(target), [dueRow(target), dueRow(target)]);
    }
    openings = await recordOpenings(database, TABLES);
  });
  afterEach(async () => {
    await app.close();
    await openings.remove();
  });

  const boot = async (opening: readonly string[]): Promise<void> => {
    app = await maintenanceApp(database.url, {
      configure: (builder) => builder.overrideProvider(BATCH_OPENING).useValue(opening),
    });
  };
  const cleanAll = (request = {}): ReturnType<MaintenanceApp['maintenance']['cleanup']> =>
    app.maintenance.cleanup({ only: CLEANUP_TARGET_NAMES, ...request });

  it('run in the transaction of each batch, whichever target it deletes from', async () => {
    await boot(openings.statements);
    const report = await cleanAll();
    expect(report).toMatchObject({ status: 'succeeded', rows: 2 * TABLES.length });
    expect(await openings.deletedFrom()).toEqual([...TABLES].sort());
    expect(await openings.unopened()).toEqual([]);
    expect(await openings.connections()).toHaveLength(report.targets.reduce((sum, { batches }) => sum + batches, 0));
  });

  it('run where a batch is divided into several messages, as rows are held', async () => {
    await boot(openings.statements);
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from otp_codes limit 1 for update');
    const report = await cleanAll({ only: ['otp_codes'] });
    await holder.query('rollback');
    expect(report.targets).toMatchObject([{ rows: 1, lockedRows: 1, batches: 1 }]);
    expect(await openings.unopened()).toEqual([]);
    expect(await openings.connections()).toHaveLength(1);
  });

  it('are rolled back with a batch that fails', async () => {
    await boot(openings.statements);
    await database.query('alter table deleting_batches add check (false)');
    expect(await cleanAll()).toMatchObject({ status: 'failed', rows: 0 });
    expect(await openings.connections()).toEqual([]);
  });

  it('keep a batch from deleting when one of them fails', async () => {
    await boot(['select 1 / (count(*) - count(*)) from otp_codes']);
    const report = await cleanAll({ only: ['otp_codes'] });
    expect(report.targets).toMatchObject([{ status: 'failed', rows: 0, error: { code: 'DATABASE' } }]);
    expect(await database.query('select 1 from otp_codes')).toHaveLength(2);
  });

  it('are left alone by a dry run', async () => {
    await boot(openings.statements);
    expect(await cleanAll({ dryRun: true })).toMatchObject({ status: 'succeeded', rows: 2 * TABLES.length });
    expect(await openings.connections()).toEqual([]);
  });
});
