import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport } from '../../src/index.js';
import { type Gate, gateBeforeDeleting } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp, type MaintenanceAppOptions } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useSilentProxy } from '../support/silent-proxy.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const SHUTDOWN_MS = 1_000;

describe('a network that falls silent in mid-batch', () => {
  const database = useTestDatabase();
  const proxy = useSilentProxy(database);
  let app: MaintenanceApp;
  let gate: Gate;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [EXPIRED, EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
  });
  afterEach(async () => {
    proxy.speak();
    await gate.remove();
    await app.close();
    await database.query('truncate blacklisted_tokens, otp_codes; drop schema tenxyte_maintenance cascade');
  });

  const start = async (
    request: Parameters<MaintenanceApp['maintenance']['cleanup']>[0] = {},
    cleanup: NonNullable<NonNullable<MaintenanceAppOptions['options']>['cleanup']> = {},
  ): Promise<[Promise<CleanupReport>]> => {
    app = await maintenanceApp(proxy.url, { options: { shutdownTimeoutMs: SHUTDOWN_MS, cleanup } });
    const running = app.maintenance.cleanup(request);
    running.catch(() => undefined);
    await gate.reached();
    proxy.silence();
    return [running];
  };
  const STOPPED = {
    status: 'stopped',
    isUncertain: true,
    targets: expect.arrayContaining([
      expect.objectContaining({ name: 'blacklisted_tokens', status: 'stopped', isUncertain: true }),
      expect.objectContaining({ name: 'otp_codes', status: 'stopped', isUncertain: false, skipReason: 'stopped' }),
    ]),
  };
  const isLeased = async (): Promise<boolean> => {
    const leased = await database.query('select from tenxyte_maintenance.runs where lease_expires_at > now()');
    return leased.length === 1;
  };

  it('stops the run once the time-outs are over, with a count that is uncertain', async () => {
    const [running] = await start({}, { statementTimeoutMs: 200, lockTimeoutMs: 100 });
    expect(await running).toMatchObject({
      ...STOPPED,
      stopReason: 'no-answer',
      error: {
        code: 'NO_ANSWER',
        message: expect.stringMatching(
          /no longer answered.*\. The end of cleanup .* could not be recorded: the database/,
        ),
      },
    });
    expect(await recordedRuns(database)).toMatchObject([{ status: 'running' }]);
  });

  it('does not hold up whoever asks it to stop, and keeps the lease while the batch may be committed', async () => {
    const stop = new AbortController();
    const [running] = await start({ signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ ...STOPPED, stopReason: 'requested', error: { code: 'END_NOT_RECORDED' } });
    expect(await isLeased()).toBe(true);
    await gate.open();
  });

  it('does not hold up a time budget', async () => {
    const [running] = await start({ maxDurationMs: 1_000 });
    expect(await running).toMatchObject({ ...STOPPED, stopReason: 'time-budget', error: { code: 'TIME_BUDGET' } });
  });

  it('does not hold up a shutdown', async () => {
    const [running] = await start();
    const closing = app.close();
    expect(await running).toMatchObject({ ...STOPPED, stopReason: 'shutdown' });
    proxy.speak();
    await closing;
  });

  it('does not hold up whoever asks to stop before the run was claimed', async () => {
    const holder = await database.connect();
    app = await maintenanceApp(proxy.url, { options: { shutdownTimeoutMs: SHUTDOWN_MS } });
    await holder.query('begin; lock table tenxyte_maintenance.runs');
    const stop = new AbortController();
    const running = app.maintenance.cleanup({ signal: stop.signal });
    proxy.silence();
    stop.abort();
    await expect(running).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining('asked to stop'),
    });
    await holder.query('rollback');
  });
});
