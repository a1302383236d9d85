import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService, ShuttingDownError } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const PATIENT_MS = 30_000;

describe('a shutdown in mid-run', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let gate: Gate;

  const startRun = async (shutdownTimeoutMs: number): Promise<[Promise<unknown>]> => {
    app = await maintenanceApp(database.url, { options: { shutdownTimeoutMs } });
    await insertReferences(database);
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [EXPIRED, EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    const running = app.moduleRef.get(CleanupService).onTick();
    await gate.reached();
    return [running];
  };
  const rowsOf = async (table: string): Promise<number> => (await database.query(`select 1 from ${table}`)).length;

  beforeEach(() => database.query('truncate users, applications, agent_tokens, blacklisted_tokens, otp_codes cascade'));
  afterEach(async () => {
    await gate.remove();
    await database.query('drop schema tenxyte_maintenance cascade');
  });

  it('waits for the batch in flight, does no more, and records the run as stopped', async () => {
    const [running] = await startRun(PATIENT_MS);
    const closing = app.close();
    await gate.open();
    await closing;
    await running;
    const [run] = await recordedRuns(database);
    expect(run).toMatchObject({ status: 'stopped', error: null });
    expect(run?.report).toMatchObject({
      status: 'stopped',
      rows: 2,
      targets: expect.arrayContaining([
        expect.objectContaining({ name: 'blacklisted_tokens', rows: 2 }),
        expect.objectContaining({ name: 'otp_codes', status: 'stopped', rows: 0 }),
      ]),
    });
    expect([await rowsOf('blacklisted_tokens'), await rowsOf('otp_codes')]).toEqual([0, 1]);
  });

  it('cancels a batch that takes too long, which is rolled back whole, and still records the run', async () => {
    const [running] = await startRun(1_000);
    await app.close();
    await running;
    expect(await recordedRuns(database)).toMatchObject([{ status: 'stopped', report: { rows: 0 } }]);
    expect([await rowsOf('blacklisted_tokens'), await rowsOf('otp_codes')]).toEqual([2, 1]);
  });

  it('starts nothing new', async () => {
    const [running] = await startRun(PATIENT_MS);
    const closing = app.close();
    await eventually(() =>
      app.maintenance.cleanup().then(
        () => false,
        (error: unknown) => error instanceof ShuttingDownError,
      ),
    );
    await app.moduleRef.get(CleanupService).onTick();
    await gate.open();
    await closing;
    await running;
    expect(await recordedRuns(database)).toHaveLength(1);
  });
});
