import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RunningRun } from '../../src/index.js';
import { ActiveRun } from '../../src/tasks/active-run.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { eventually } from '../support/eventually.js';
import { type Gate, gateBeforeDeleting, gateBeforeSecretChange } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];

describe('the progress of a run, as other processes see it', () => {
  const database = useTestDatabase();
  let running: MaintenanceApp;
  let other: MaintenanceApp;
  let gate: Gate | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    // A batch at the gate is cut off after 200 ms and tried again, so that the run comes between two batches again and again.
    const options = { leaseSeconds: 1, cleanup: { statementTimeoutMs: 200, lockTimeoutMs: 200 } };
    running = await maintenanceApp(database.url, { options });
    other = await maintenanceApp(database.url);
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens, otp_codes'));
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
  });
  afterAll(async () => {
    await running.close();
    await other.close();
  });

  /** Once it has come to a part. */
  const progressAt = (part: string): Promise<RunningRun['progress']> =>
    eventually(async () => {
      const { tasks } = await other.maintenance.status();
      const progress = tasks[0]?.running?.progress;
      return progress?.parts.some(({ name }) => name === part) === true && progress;
    });
  const recorded = (): Promise<unknown[]> =>
    database.query('select status, progress from tenxyte_maintenance.runs order by started_at');

  it('is that of each target of a cleanup, and none once it ended', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED, EXPIRED]);
    const [id = ''] = await insertRows(database, 'otp_codes', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'otp_codes', id);
    const run = running.maintenance.cleanup();
    await gate.reached();
    const progress = await progressAt('magic_link_tokens');
    expect(progress?.parts.slice(0, 2)).toEqual([
      {
        name: 'blacklisted_tokens',
        unit: 'row',
        count: 2,
        fraction: 1,
        remainingMs: 0,
        status: 'succeeded',
        reason: null,
      },
      {
        name: 'magic_link_tokens',
        unit: 'row',
        count: 0,
        fraction: 1,
        remainingMs: 0,
        status: 'succeeded',
        reason: null,
      },
    ]);
    expect(progress?.overall).toBeCloseTo(2 / 7, 1);
    await gate.open();
    await run;
    expect(await recorded()).toEqual([{ status: 'succeeded', progress: null }]);
  });

  it.each(['rolling', 'atomic'] as const)('is that of each phase of a rotation: %s', async (mode) => {
    await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
    const told = jest.spyOn(ActiveRun.prototype, 'tell');
    const rotating = await maintenanceApp(database.url, { options: { totp: { keys: [NEW, OLD], mode } } });
    expect(await rotating.maintenance.rotateTotpKeys()).toMatchObject({ status: 'succeeded', rotated: 1 });
    await rotating.close();
    expect([...new Set(told.mock.calls.map(([{ name, unit }]) => `${name} ${unit}`))]).toEqual([
      'rotating secret',
      'reading-back secret',
    ]);
    expect(told.mock.lastCall).toMatchObject([{ count: 1, status: 'succeeded' }, 1]);
    told.mockRestore();
  });

  it('is recorded, and the lease renewed, beside the one transaction of an atomic rotation', async () => {
    await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
    const rotating = await maintenanceApp(database.url, { options: { totp: { keys: [NEW, OLD] } } });
    gate = await gateBeforeSecretChange(database, '1');
    const run = rotating.maintenance.rotateTotpKeys({ mode: 'atomic' });
    await gate.reached();
    await eventually(async () => {
      const renewed = await database.query(
        `select from tenxyte_maintenance.runs where lease_expires_at > started_at + interval '61 seconds'`,
      );
      return renewed.length > 0;
    });
    await gate.open();
    expect(await run).toMatchObject({ status: 'succeeded', rotated: 1 });
    await rotating.close();
  });

  it('of a dry run is told to nobody', async () => {
    expect(await running.maintenance.cleanup({ dryRun: true })).toMatchObject({ status: 'succeeded' });
    expect(await recorded()).toEqual([]);
  });

  it('stays with a run that was lost', async () => {
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at, progress)
       values (gen_random_uuid(), 'cleanup', 'cron', 'crashed', 'running', now() - interval '2 hours', now() - interval '1 hour', '{"overall":0.5,"parts":[]}')`,
    );
    await other.maintenance.cleanup();
    expect(await recorded()).toEqual([
      { status: 'lost', progress: { overall: 0.5, parts: [] } },
      { status: 'succeeded', progress: null },
    ]);
  });
});
