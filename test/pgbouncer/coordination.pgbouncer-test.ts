import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import type { PgBouncer } from './pgbouncer.js';
import { startPgBouncer } from './pgbouncer.js';
import { sessionRemains } from './session-remains.js';

const SERVER_CONNECTIONS = 2;
const LONG_AGO = '2020-01-01T00:00:00Z';
const options = {
  leaseSeconds: 2,
  shutdownTimeoutMs: 1_000,
  cleanup: { statementTimeoutMs: 600, lockTimeoutMs: 100 },
} as const;

describe('coordination through a transaction-pooling PgBouncer', () => {
  const database = useTestDatabase();
  let pool: PgBouncer;
  let apps: readonly MaintenanceApp[] = [];
  let one: MaintenanceApp;
  let other: MaintenanceApp;
  let gate: Gate | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    pool = await startPgBouncer(database.url, SERVER_CONNECTIONS);
  });
  afterAll(() => pool.stop());
  beforeEach(async () => {
    apps = await Promise.all(Array.from({ length: 5 }, () => maintenanceApp(pool.url, { options })));
    [one, other] = apps as [MaintenanceApp, MaintenanceApp];
  });
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
    await Promise.all(apps.map((app) => app.close()));
    const remains = await sessionRemains(database, pool.url, SERVER_CONNECTIONS);
    await database.query('drop schema tenxyte_maintenance cascade');
    await database.query('truncate blacklisted_tokens, otp_codes');
    expect(remains).toEqual([]);
  });

  const tick = (app: MaintenanceApp): Promise<void> => app.moduleRef.get(CleanupService).onTick();
  /** Starts a run and halts it in its first deletion; in a list, as an async function would wait for its end. */
  const holdARun = async (): Promise<[Promise<unknown>]> => {
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    const running = one.maintenance.cleanup();
    await gate.reached();
    return [running];
  };

  it('makes one schema when several apps start at once', async () => {
    expect(await database.query('select version from tenxyte_maintenance.versions order by version')).toEqual([
      { version: 1 },
    ]);
  });

  it('runs a slot once, whichever app ticks', async () => {
    await Promise.all([...apps, ...apps].map(tick));
    await tick(other);
    expect(await recordedRuns(database)).toMatchObject([{ trigger: 'cron', status: 'succeeded' }]);
  });

  it('refuses a run while another one goes on', async () => {
    const [running] = await holdARun();
    expect(await other.maintenance.cleanup()).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_RUNNING' } });
    await gate?.open();
    expect(await running).toMatchObject({ status: 'succeeded', rows: 1 });
  });

  it('renews the lease in mid-run', async () => {
    await database.query('create table renewals (run uuid)');
    await database.query(`
      create function note_renewal() returns trigger language plpgsql as $$
      begin
        insert into renewals values (new.id);
        return null;
      end $$`);
    await database.query(`
      create trigger note_renewal after update on tenxyte_maintenance.runs
      for each row when (new.lease_expires_at > old.lease_expires_at) execute function note_renewal()`);
    const [running] = await holdARun();
    await eventually(async () => (await database.query('select 1 from renewals')).length > 0);
    await gate?.open();
    await running;
    const [run] = await recordedRuns(database);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await database.query('select distinct run::text from renewals')).toEqual([{ run: run?.id }]);
  });

  it('suspends agents that stopped sending heartbeats', async () => {
    const silent = { heartbeat_required_every: 60, last_heartbeat_at: LONG_AGO };
    await insertRows(database, 'agent_tokens', [
      { id: 2, ...silent },
      { id: 3, ...silent, last_heartbeat_at: 'now' },
    ]);
    expect(await one.maintenance.checkAgentHeartbeats()).toMatchObject({
      status: 'succeeded',
      monitored: 2,
      suspended: 1,
      agents: [{ id: '2' }],
    });
    expect(await database.query('select status from agent_tokens order by id')).toMatchObject([
      { status: 'ACTIVE' },
      { status: 'SUSPENDED' },
      { status: 'ACTIVE' },
    ]);
  });

  it('cancels the statement in flight when a shutdown takes too long, and records the run as stopped', async () => {
    await Promise.all(apps.map((app) => app.close()));
    const patient = { ...options, leaseSeconds: 60, cleanup: { statementTimeoutMs: 15_000 } };
    one = await maintenanceApp(pool.url, { options: patient });
    apps = [one];
    const [running] = await holdARun();
    await one.close();
    await running;
    expect(await recordedRuns(database)).toMatchObject([{ status: 'stopped', report: { rows: 0 } }]);
    expect(await database.query('select 1 from blacklisted_tokens')).toHaveLength(1);
  });
});
