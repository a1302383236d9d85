import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CleanupReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import { RUN_ENVIRONMENT } from '../../src/contract/run-environment.js';
import { useGrantedRoles } from '../support/granted-role.js';
import { type Gate, gateBeforeDeleting, gateBeforeSecretChange } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
/** A batch at the gate is cut off after 200 ms and tried again, so that the run comes between two batches again and again. */
const IMPATIENT: TenxyteMaintenanceOptions = {
  leaseSeconds: 1,
  shutdownTimeoutMs: 1_000,
  cleanup: { statementTimeoutMs: 200, lockTimeoutMs: 200 },
};
const BY_ANN = { actor: 'Ann', reason: 'the database is slow' };

describe('the cancellation of a run', () => {
  const database = useTestDatabase();
  const roleOf = useGrantedRoles(database);
  let one: MaintenanceApp;
  let other: MaintenanceApp;
  let rotating: MaintenanceApp | undefined;
  let gate: Gate | undefined;
  const lines: string[] = [];

  beforeAll(async () => {
    await insertReferences(database);
    one = await maintenanceApp(database.url, { options: IMPATIENT });
    const logger = { log: (line: unknown) => lines.push(String(line)), warn: () => undefined, error: () => undefined };
    other = await maintenanceApp(database.url, { logger });
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens, otp_codes'));
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
  });
  afterAll(async () => {
    await one.close();
    await rotating?.close();
    await other.close();
  });

  /** A run that has deleted a row and stands before the next one for as long as it is not stopped. */
  const holdARun = async (): Promise<[Promise<CleanupReport>, string]> => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    const [id = ''] = await insertRows(database, 'otp_codes', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'otp_codes', id);
    const running = one.maintenance.cleanup();
    await gate.reached();
    const [run] = await database.query<{ id: string }>('select id::text from tenxyte_maintenance.runs');
    return [running, run?.id ?? ''];
  };

  it('stops it between two batches from another process, beside a batch in flight, and says by whom and why', async () => {
    const [running, runId] = await holdARun();
    lines.length = 0;
    const emit = jest.spyOn(other.moduleRef.get(MaintenanceEvents), 'emit');
    const cancelled = await other.maintenance.cancel(runId.slice(0, 8), BY_ANN);
    expect(emit.mock.calls).toEqual([['tenxyte-maintenance.run.cancel-requested', cancelled]]);
    emit.mockRestore();
    expect(cancelled).toEqual({
      runId,
      task: 'cleanup',
      owner: expect.stringContaining(`:${process.pid}:`),
      cancelRequestedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      cancelledBy: BY_ANN,
    });
    expect(lines).toEqual([`cleanup ${runId} is to stop: it was cancelled by Ann, reason: the database is slow`]);
    const report = await running;
    expect(report).toMatchObject({
      status: 'stopped',
      stopReason: 'cancelled',
      cancelledBy: BY_ANN,
      rows: 1,
      error: {
        code: 'CANCELLED',
        retryable: false,
        message: 'The run was cancelled by Ann, reason: the database is slow; the next run goes on',
      },
    });
    expect(await database.query('select from otp_codes')).toHaveLength(1);
    const ended = { status: 'stopped', stopReason: 'cancelled', cancelledBy: BY_ANN };
    expect(await other.maintenance.history()).toMatchObject([{ ...ended, cancelRequestedAt: expect.any(String) }]);
    expect((await other.maintenance.status()).tasks[0]).toMatchObject({
      lastRun: ended,
      health: 'warning',
      reason: expect.stringContaining('was stopped (it was cancelled) with work left'),
    });
  });

  it('shows in the status until it stops, and who asked first stands', async () => {
    const [running, runId] = await holdARun();
    const first = await other.maintenance.cancel(runId);
    expect(await one.maintenance.cancel(runId, BY_ANN)).toEqual(first);
    expect(first.cancelledBy).toBeNull();
    await running;
  });

  it('ends an atomic rotation in the middle of its transaction, and undoes it', async () => {
    await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
    const options = { shutdownTimeoutMs: 1_000, totp: { keys: [NEW, OLD] } };
    rotating = await maintenanceApp(database.url, { options });
    gate = await gateBeforeSecretChange(database, '1');
    const running = rotating.maintenance.rotateTotpKeys({ mode: 'atomic' });
    await gate.reached();
    const [run] = await other.maintenance.history({ status: 'running' });
    await other.maintenance.cancel(run?.runId ?? '', { reason: 'too slow' });
    expect(await running).toMatchObject({
      status: 'stopped',
      rotated: 0,
      stopReason: 'cancelled',
      cancelledBy: { actor: null, reason: 'too slow' },
      error: { message: 'The run was cancelled, reason: too slow; the next run goes on' },
    });
  });

  it('is refused for a run that there is no record of', async () => {
    const refused = other.maintenance.cancel('0f3c91d2');
    await expect(refused).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('is refused for several runs at once', async () => {
    const ids = ['aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000002'];
    await insertRuns(
      database,
      ids.map((id) => ({ id, started_at: '2026-01-01T00:00:00Z' })),
    );
    await expect(other.maintenance.cancel('aaaaaaaa')).rejects.toMatchObject({ code: 'RUN_AMBIGUOUS' });
  });

  it.each([
    ['ended', { status: 'partial' }, 'partial at 2026-01-01T00:00:01.500000Z'],
    ['was lost', { status: 'running', lease_expires_at: '2026-01-01T00:01:00Z' }, 'lost'],
  ])('is refused for a run that %s, which stays as it is', async (_what, fields, end) => {
    const [id = ''] = await insertRuns(database, [{ started_at: '2026-01-01T00:00:00Z', ...fields }]);
    await expect(other.maintenance.cancel(id, BY_ANN)).rejects.toMatchObject({
      code: 'RUN_ENDED',
      message: `Run ${id} of cleanup is not at work (${end}): there is nothing to cancel`,
    });
    const [run] = await database.query('select status, cancel_requested_at as at from tenxyte_maintenance.runs');
    expect(run).toEqual({ status: fields.status, at: null });
  });

  it('is refused to a role that may not, which is told what to grant', async () => {
    const [id = ''] = await insertRuns(database, [
      { started_at: '2026-01-01T00:00:00Z', status: 'running', lease_expires_at: '2999-01-01T00:00:00Z' },
    ]);
    const onCall = await maintenanceApp((await roleOf(['status'])).url, {
      configure: (builder) => builder.overrideProvider(RUN_ENVIRONMENT).useValue('command-line'),
    });
    await expect(onCall.maintenance.cancel(id)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('grant select, update (cancel_requested_at, cancel_actor, cancel_reason) on'),
    });
    await onCall.close();
  });

  it('is refused when it makes no sense', async () => {
    await expect(other.maintenance.cancel('7f')).rejects.toThrow('Invalid call of cancel(): id is "7f", accepted is');
    await expect(other.maintenance.cancel('7f6c', { actor: '' })).rejects.toThrow('actor is "", accepted is the name');
  });
});
