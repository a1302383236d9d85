import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  AgentHeartbeatService,
  CleanupService,
  MAINTENANCE_TASKS,
  type PauseRequest,
  type TaskName,
} from '../../src/index.js';
import { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useGrantedRoles } from '../support/granted-role.js';
import { type Gate, gateBeforeDeleting } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const BY_ANN = { actor: 'Ann', reason: 'a migration' };
const NAMES = MAINTENANCE_TASKS.map(({ name }) => name);

describe('a paused task', () => {
  const database = useTestDatabase();
  const roleOf = useGrantedRoles(database);
  const lines: string[] = [];
  let one: MaintenanceApp;
  let other: MaintenanceApp;
  let gate: Gate | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    const options = { totp: { keys: [FernetKey.generate()] }, dependencyScan: { cwd: '/there/is/no/such/folder' } };
    const note = (line: unknown): void => void lines.push(String(line));
    // The logger of the last application is everybody's.
    other = await maintenanceApp(database.url, { options });
    one = await maintenanceApp(database.url, { options, logger: { log: note, warn: note, error: note } });
  });
  beforeEach(async () => {
    await database.query(
      'truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules, tenxyte_maintenance.pauses, blacklisted_tokens',
    );
    lines.length = 0;
  });
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
  });
  afterAll(async () => {
    await one.close();
    await other.close();
  });

  const tick = (app: MaintenanceApp): Promise<void> => app.moduleRef.get(CleanupService).onTick();
  const timeIsOver = (): Promise<unknown> =>
    database.query(`update tenxyte_maintenance.pauses set paused_until = now() - interval '1 second'`);
  const pauses = (): Promise<unknown[]> =>
    database.query('select task, paused_until as until, actor, reason, resumed_at from tenxyte_maintenance.pauses');

  it('is told of with who paused it, and why', async () => {
    const emit = jest.spyOn(one.moduleRef.get(MaintenanceEvents), 'emit');
    const paused = await one.maintenance.pause('cleanup', { ...BY_ANN, until: '7d' });
    expect(paused).toEqual({
      task: 'cleanup',
      pausedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      until: expect.stringMatching(/^\d{4}-.*Z$/),
      pausedBy: BY_ANN,
    });
    expect(Date.parse(paused.until ?? '') - Date.parse(paused.pausedAt)).toBe(7 * 86_400_000);
    expect(lines).toEqual([
      `cleanup is paused since ${paused.pausedAt} until ${paused.until} by Ann, reason: a migration`,
    ]);
    const { task: _, ...pause } = paused;
    const [state, untouched] = (await other.maintenance.status()).tasks;
    expect(state).toMatchObject({
      pause,
      health: 'paused',
      reason: `it is paused since ${paused.pausedAt} until ${paused.until} by Ann, reason: a migration`,
    });
    expect(untouched).toMatchObject({ pause: null, health: 'unknown' });
    const resumed = await one.maintenance.resume('cleanup', BY_ANN);
    expect(emit.mock.calls).toEqual([
      ['tenxyte-maintenance.task.paused', paused],
      ['tenxyte-maintenance.task.resumed', resumed],
    ]);
    emit.mockRestore();
  });

  it('has its slots skipped, each recorded and told of once in the whole cluster', async () => {
    const { pausedAt } = await other.maintenance.pause('cleanup', BY_ANN);
    lines.length = 0;
    await Promise.all([tick(one), tick(other)]);
    await tick(one);
    const message = `cleanup is paused since ${pausedAt} by Ann, reason: a migration`;
    expect(await recordedRuns(database)).toMatchObject([
      { status: 'skipped', slot: expect.any(Date), error: { code: 'TASK_PAUSED', message } },
    ]);
    expect(lines.filter((line) => !/^cleanup of \S+ was skipped\. cleanup is paused since/.test(line))).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(1);
    await one.moduleRef.get(AgentHeartbeatService).onTick();
    expect(await one.maintenance.history({ task: 'agent-heartbeat' })).toMatchObject([{ status: 'succeeded' }]);
  });

  it.each(NAMES)('refuses a run by hand that is not forced, and tries on: %s', async (name) => {
    const { pausedAt } = await other.maintenance.pause(name, BY_ANN);
    expect(await one.maintenance.runTask(name, { actor: 'Bob', waitMs: 60_000 })).toMatchObject({
      status: 'skipped',
      startedBy: { actor: 'Bob', reason: null },
      error: {
        code: 'TASK_PAUSED',
        retryable: false,
        message: `${name} is paused since ${pausedAt} by Ann, reason: a migration: this run was not started; resume the task, or force the run`,
      },
    });
    expect(await recordedRuns(database)).toEqual([]);
    const forced = await one.maintenance.runTask(name, { force: true });
    expect(forced).toMatchObject({ force: true });
    expect(await one.maintenance.history()).toMatchObject([{ runId: forced.runId, force: true }]);
  });

  it('lets dry runs through, and a run that is at work by then go on', async () => {
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [{ expires_at: '2020-01-01T00:00:00Z' }]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    const running = one.maintenance.cleanup();
    await gate.reached();
    await other.maintenance.pause('cleanup', BY_ANN);
    expect(await other.maintenance.cleanup({ dryRun: true })).toMatchObject({ status: 'succeeded' });
    await gate.open();
    expect(await running).toMatchObject({ status: 'succeeded', rows: 1 });
  });

  it.each([
    ['resumed', () => other.maintenance.resume('cleanup', { actor: 'Bob', reason: 'done' })],
    ['paused until a time that is over', timeIsOver],
  ])('runs again once it is %s, and nobody waits for what it missed', async (_how, end) => {
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, finished_at, report)
       values (gen_random_uuid(), 'cleanup', 'cron', 'pod', 'succeeded', now() - interval '90 days', now() - interval '90 days', '{}')`,
    );
    const state = async () => (await one.maintenance.status()).tasks[0];
    expect(await state()).toMatchObject({ health: 'failing' });
    await other.maintenance.pause('cleanup', { ...BY_ANN, until: '1h' });
    expect(await state()).toMatchObject({ health: 'paused' });
    await end();
    expect(await state()).toMatchObject({ pause: null, health: 'ok' });
    await database.query(`update tenxyte_maintenance.pauses
      set paused_until = now() - interval '40 days', resumed_at = resumed_at - interval '40 days'`);
    expect(await state()).toMatchObject({ health: 'failing' });
    await tick(one);
    expect((await one.maintenance.history({ limit: 1 }))[0]).toMatchObject({ status: 'succeeded', trigger: 'cron' });
  });

  it('says who resumed it', async () => {
    const paused = await one.maintenance.pause('check-heartbeats', { reason: 'a migration' });
    lines.length = 0;
    expect(await one.maintenance.resume('agent-heartbeat', { actor: 'Bob' })).toEqual({
      ...paused,
      task: 'agent-heartbeat',
      resumedAt: expect.any(String),
      resumedBy: { actor: 'Bob', reason: null },
    });
    expect(lines).toEqual(['agent-heartbeat was resumed by Bob']);
  });

  it('is paused once, and again after it was resumed or its time was over', async () => {
    const { pausedAt, until } = await one.maintenance.pause('cleanup', { ...BY_ANN, until: '1h' });
    const before = await pauses();
    await expect(other.maintenance.pause('cleanup', { reason: 'another' })).rejects.toMatchObject({
      code: 'ALREADY_PAUSED',
      message: `cleanup is paused since ${pausedAt} until ${until} by Ann, reason: a migration already: resume it first`,
    });
    expect(await pauses()).toEqual(before);
    await timeIsOver();
    await one.maintenance.pause('cleanup', { reason: 'another' });
    await one.maintenance.resume('cleanup');
    await one.maintenance.pause('cleanup', { reason: 'a third' });
    expect(await pauses()).toEqual([
      { task: 'cleanup', until: null, actor: null, reason: 'a third', resumed_at: null },
    ]);
  });

  it.each([
    ['sweep', BY_ANN, 'task is "sweep", accepted is one of cleanup, agent-heartbeat'],
    ['cleanup', {}, 'reason is undefined, accepted is a reason, of 1 to 500 printable characters on one line'],
    ['cleanup', { ...BY_ANN, until: 'soon' }, 'until is "soon", accepted is a date as 2026-03-01'],
    ['cleanup', { ...BY_ANN, until: '2020-01-01' }, 'until is "2020-01-01", accepted is a time after the database\'s'],
    ['cleanup', { ...BY_ANN, until: new Date(0) }, 'until is 1970-01-01T00:00:00.000Z, accepted is a time after'],
  ])('is none when it makes no sense: %s %j', async (task, request, problem) => {
    const refused = one.maintenance.pause(task as TaskName, request as PauseRequest);
    await expect(refused).rejects.toThrow(`Invalid call of pause(): ${problem}`);
    expect(await pauses()).toEqual([]);
  });

  it('is paused and resumed by a role that may, and any other is told what to grant', async () => {
    const role = await roleOf(['record']);
    const app = await maintenanceApp(role.url);
    const denied = {
      code: 'PERMISSION_DENIED',
      message:
        'The database role may not do that: grant select, insert, update on "tenxyte_maintenance"."pauses" to it',
    };
    await expect(app.maintenance.pause('cleanup', BY_ANN)).rejects.toMatchObject(denied);
    await expect(app.maintenance.resume('cleanup')).rejects.toMatchObject(denied);
    await app.close();
  });

  it('is resumed only when it is paused', async () => {
    await expect(one.maintenance.resume('sweep' as TaskName)).rejects.toThrow(
      'Invalid call of resume(): task is "sweep"',
    );
    const refused = { code: 'NOT_PAUSED', message: 'cleanup is not paused: there is nothing to resume' };
    await expect(one.maintenance.resume('cleanup')).rejects.toMatchObject(refused);
    await one.maintenance.pause('cleanup', { ...BY_ANN, until: '1h' });
    await timeIsOver();
    await expect(one.maintenance.resume('cleanup')).rejects.toMatchObject(refused);
  });
});
