import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import type { CleanupReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
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
    jest.restoreAllMocks();
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

  describe('on a machine whose clock stood still', () => {
    /** What happens to the run's row in the first batch shows once that is committed. */
    const inFirstBatch = async (change: string): Promise<void> => {
      await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
      await insertRows(database, 'otp_codes', [EXPIRED]);
      await database.query(`
        create function meanwhile() returns trigger language plpgsql as $$
        begin
          update tenxyte_maintenance.runs set ${change};
          return old;
        end $$`);
      await database.query(
        'create trigger meanwhile before delete on blacklisted_tokens for each row execute function meanwhile()',
      );
    };
    beforeEach(async () => {
      await app.close();
      app = await maintenanceApp(database.url);
    });
    afterEach(() => database.query('drop function if exists meanwhile() cascade'));

    it('is renewed when it is found over', async () => {
      await inFirstBatch(`lease_expires_at = now() - interval '1 hour'`);
      expect(await app.maintenance.cleanup()).toMatchObject({ status: 'succeeded', rows: 2 });
    });

    it('lets no further batch begin when it was taken over', async () => {
      await inFirstBatch(`lease_expires_at = now() - interval '1 hour', status = 'lost'`);
      expect(await app.maintenance.cleanup()).toMatchObject({
        status: 'stopped',
        rows: 1,
        error: { code: 'LEASE_LOST' },
      });
      expect(await database.query('select from otp_codes')).toHaveLength(1);
    });
  });

  it('cannot be taken over while a batch is in flight', async () => {
    await app.close();
    app = await maintenanceApp(database.url);
    const [running] = await holdARun();
    await database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 hour'`);
    const other = await maintenanceApp(database.url);
    expect(await other.maintenance.cleanup()).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_RUNNING' } });
    await gate?.open();
    expect(await running).toMatchObject({ status: 'succeeded', rows: 2 });
    expect(await other.maintenance.cleanup()).toMatchObject({ status: 'succeeded', rows: 0 });
    await other.close();
    expect(await recordedRuns(database)).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
  });

  it.each(['rolling', 'atomic'] as const)('is looked at in whatever a run writes; a rotation is %s', async (mode) => {
    const keys = [FernetKey.generate(), FernetKey.generate()];
    await app.close();
    app = await maintenanceApp(database.url, { options: { totp: { keys, mode } } });
    await insertRows(database, 'otp_codes', [EXPIRED]);
    await database.query(
      `update agent_tokens set heartbeat_required_every = 60, last_heartbeat_at = '2020-01-01', status = 'ACTIVE'`,
    );
    await database.query('update users set totp_secret = $1', [tokenOf(keys[1] ?? '', secretOf(1))]);
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    const { maintenance } = app;
    expect(await maintenance.cleanup()).toMatchObject({ rows: 1 });
    expect(await maintenance.checkAgentHeartbeats()).toMatchObject({ suspended: 1 });
    expect(await maintenance.rotateTotpKeys()).toMatchObject({ rotated: 1 });
    const transactions = sent.mock.calls
      .map(([text]) => (typeof text === 'string' ? text : ''))
      .join(';')
      .split('begin isolation level ')
      .filter((text) => /(delete from only|update (only )?"?(agent_tokens|users|public))/.test(text));
    // Of the cleanup two: the record of runs is cleaned too.
    expect(transactions).toHaveLength(4);
    expect(transactions.filter((text) => !text.includes('lease_over'))).toEqual([]);
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
