import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
/** A batch at the gate is cut off after 200 ms and tried again, so that the run comes between two batches again and again. */
const IMPATIENT: TenxyteMaintenanceOptions = {
  leaseSeconds: 1,
  cleanup: { statementTimeoutMs: 200, lockTimeoutMs: 200 },
};

describe('the lease of a run', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let gate: Gate | undefined;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    app = await maintenanceApp(database.url, { options: IMPATIENT, typeOrm: { poolSize: 1 } });
    await database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens, otp_codes');
  });
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
    await app.close();
  });

  const holdARun = async (): Promise<[Promise<CleanupReport>]> => {
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    const running = app.maintenance.cleanup();
    await gate.reached();
    return [running];
  };
  const leaseEnd = async (): Promise<number> => {
    const [run] = await database.query<{ end: Date }>('select lease_expires_at as end from tenxyte_maintenance.runs');
    return run?.end.getTime() ?? 0;
  };

  it('is renewed between batches, on the one connection that the run has', async () => {
    const [running] = await holdARun();
    const firstEnd = await leaseEnd();
    await eventually(async () => (await leaseEnd()) > firstEnd);
    await gate?.open();
    expect(await running).toMatchObject({ status: 'succeeded', rows: 2 });
    expect(await recordedRuns(database)).toMatchObject([{ status: 'succeeded' }]);
  });

  it('ends a run that finds it lost, before it works on anything else', async () => {
    const [running] = await holdARun();
    await database.query(`update tenxyte_maintenance.runs set status = 'lost', finished_at = now()`);
    const report = await running;
    expect(report).toMatchObject({ status: 'stopped', rows: 0, error: { code: 'LEASE_LOST' } });
    expect(report.targets.slice(1).every(({ status }) => status === 'stopped')).toBe(true);
    expect(await database.query('select 1 from otp_codes')).toHaveLength(1);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'lost', report: null }]);
  });
});
