import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DoctorCheck } from '../../src/index.js';
import type { RunEnvironment } from '../../src/contract/run-environment.js';
import { RUN_ENVIRONMENT } from '../../src/contract/run-environment.js';
import type { MaintenanceApp, MaintenanceAppOptions } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const NOW = '2026-03-10T12:00:00.000000Z';
const KEYS = ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA='];
const MANUAL = { cleanup: false, agentHeartbeat: false } as const;
const COMMAND_LINE: RunEnvironment = 'command-line';

describe('the doctor about how the tasks are run', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp | undefined;

  beforeAll(() => database.query(`grant select, update, delete on all tables in schema public to ${role.name}`));
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules'));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const checksOf = async (
    options: MaintenanceAppOptions['options'] = { schedule: MANUAL },
    environment: RunEnvironment = 'application',
  ): Promise<readonly DoctorCheck[]> => {
    app = await maintenanceApp(role.url, {
      ...(options === undefined ? {} : { options }),
      runAt: NOW,
      configure: (builder) => builder.overrideProvider(RUN_ENVIRONMENT).useValue(environment),
    });
    return (await app.maintenance.doctor()).checks;
  };
  const named = (checks: readonly DoctorCheck[], name: DoctorCheck['name'], subject?: string): DoctorCheck[] =>
    checks.filter((check) => check.name === name && (subject === undefined || check.subject === subject));
  const note = (task: string, since: string): Promise<unknown> =>
    database.query(`insert into tenxyte_maintenance.schedules values ($1, '0 3 * * *', 'UTC', $2)`, [task, since]);

  it('says when each task runs next, and which is off', async () => {
    const checks = await checksOf({ schedule: { agentHeartbeat: false } });
    expect(named(checks, 'schedule', 'cleanup')).toMatchObject([
      { level: 'ok', message: 'At 03:00 (0 3 * * *, UTC), next at 2026-03-11T03:00:00.000Z' },
    ]);
    expect(named(checks, 'schedule', 'agent-heartbeat')).toMatchObject([
      { level: 'ok', message: 'its schedule is off: it runs by hand alone' },
    ]);
  });

  it('says which task is paused, until when, by whom and why, and not that it is late', async () => {
    await insertRuns(database, [{ started_at: '2026-01-01T00:00:00Z' }]);
    await database.query(`insert into tenxyte_maintenance.pauses values
      ('cleanup', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z', 'Ann', 'a migration')`);
    const checks = named(await checksOf({}), 'schedule', 'cleanup');
    await database.query('truncate tenxyte_maintenance.pauses');
    expect(checks).toMatchObject([
      {
        level: 'advice',
        message:
          'it is paused since 2026-03-01T00:00:00.000000Z until 2026-04-01T00:00:00.000000Z by Ann, reason: a migration: its slots are skipped',
        whatToDo: '"tenxyte-maintenance resume cleanup" once the reason is gone',
      },
    ]);
  });

  it('says that nothing runs by itself in an application without a ScheduleModule', async () => {
    expect(named(await checksOf({}), 'scheduler')).toMatchObject([
      {
        level: 'advice',
        message: expect.stringContaining('the application has no ScheduleModule'),
        whatToDo: expect.stringContaining('import ScheduleModule.forRoot() once'),
      },
    ]);
    await app?.close();
    expect(named(await checksOf(), 'scheduler')).toEqual([]);
  });

  it('takes a task that did not succeed for too long for a problem, on the command line by the noted schedule', async () => {
    await note('cleanup', '2026-03-01T00:00:00Z');
    const checks = await checksOf({}, COMMAND_LINE);
    expect(named(checks, 'schedule', 'cleanup')).toMatchObject([
      {
        level: 'problem',
        message: expect.stringContaining('it has never succeeded; one was due by 2026-03-02T12:00'),
        whatToDo: expect.stringContaining('history --task cleanup'),
      },
    ]);
    expect(named(checks, 'schedule', 'agent-heartbeat')).toMatchObject([
      { level: 'ok', message: expect.stringContaining('no application has recorded a schedule') },
    ]);
    expect(named(checks, 'scheduler')).toEqual([]);
  });

  it('finds a run whose process is gone, and not one that is at work', async () => {
    await insertRuns(database, [
      {
        started_at: '2026-03-10T11:00:00Z',
        status: 'running',
        lease_expires_at: '2026-03-10T11:01:00Z',
        owner: 'gone:1:a',
      },
      {
        task: 'agent-heartbeat',
        started_at: '2026-03-10T11:59:59Z',
        status: 'running',
        lease_expires_at: '2026-03-10T12:00:59Z',
      },
    ]);
    expect(named(await checksOf(), 'lease')).toMatchObject([
      {
        level: 'advice',
        subject: 'cleanup',
        message: expect.stringMatching(/of gone:1:a stopped renewing its lease, which ran out at 2026-03-10T11:01:00/),
        whatToDo: expect.stringContaining('marks this one lost'),
      },
    ]);
  });

  it('names the hosts seen in the last 7 days, and no older ones', async () => {
    await insertRuns(database, [
      { owner: 'pod-a:1:x', started_at: '2026-03-09T03:00:00Z' },
      { owner: 'pod-a:2:y', started_at: '2026-03-08T03:00:00Z' },
      { owner: 'pod-b:1:z', started_at: '2026-03-03T12:00:00Z' },
      { owner: 'pod-c:1:z', started_at: '2026-03-03T11:59:59Z' },
    ]);
    expect(named(await checksOf(), 'replicas')).toMatchObject([
      { level: 'ok', message: 'processes that ran something in the last 7 days: 3, on pod-a, pod-b' },
    ]);
  });

  it('says how large the record of runs is, and that its schema is as needed', async () => {
    expect(named(await checksOf(), 'runs-schema')).toMatchObject([
      { level: 'ok', subject: 'tenxyte_maintenance', message: expect.stringMatching(/^version 1, .* KiB of runs$/) },
    ]);
  });

  it('says which grant is missing when no run can be recorded, and the grant cures it', async () => {
    await database.query(`revoke insert on tenxyte_maintenance.runs from ${role.name}`);
    const [check] = named(await checksOf({ schedule: MANUAL }, COMMAND_LINE), 'runs-schema');
    expect(check).toMatchObject({ level: 'problem', message: expect.stringContaining('no run can be recorded') });
    await database.query(check?.whatToDo ?? '');
    await app?.close();
    expect(named(await checksOf(), 'runs-schema')).toMatchObject([{ level: 'ok' }]);
  });

  it('sees a schema of a newer release', async () => {
    await database.query('insert into tenxyte_maintenance.versions values (99, now())');
    const checks = await checksOf();
    await database.query('delete from tenxyte_maintenance.versions where version = 99');
    expect(named(checks, 'runs-schema')).toMatchObject([{ level: 'advice', whatToDo: expect.any(String) }]);
  });

  it('counts the TOTP keys and shows none', async () => {
    const checks = await checksOf({ schedule: { ...MANUAL, totpKeyRotation: false }, totp: { keys: KEYS } });
    expect(named(checks, 'totp-keys')).toEqual([
      { name: 'totp-keys', level: 'ok', message: '2 configured: the first encrypts, all decrypt' },
    ]);
    expect(JSON.stringify(checks)).not.toMatch(/AAAAA|BBBBB/);
    await app?.close();
    expect(named(await checksOf(), 'totp-keys')).toMatchObject([{ message: expect.stringContaining('no totp.keys') }]);
  });

  it('takes a policy outside its bounds, or none at all, for a problem', async () => {
    const outside = await checksOf({
      schedule: MANUAL,
      retentionBounds: { auditLogDays: { minDays: 400 } },
      retention: { useFactory: () => ({ getRetention: () => ({ auditLogDays: 30 }) }) },
    });
    expect(named(outside, 'retention')).toMatchObject([
      {
        level: 'problem',
        message: expect.stringContaining('auditLogDays is 30, at least 400 is required'),
        whatToDo: expect.stringContaining('retentionBounds'),
      },
    ]);
    await app?.close();
    const bounds = { auditLogDays: { minDays: 300 } };
    expect(named(await checksOf({ schedule: MANUAL, retentionBounds: bounds }), 'retention')).toMatchObject([
      { level: 'ok', message: 'the policy is valid and within retentionBounds (auditLogDays)' },
    ]);
    await app?.close();
    const failing = { useFactory: () => ({ getRetention: () => Promise.reject(new Error('flags are away')) }) };
    expect(named(await checksOf({ schedule: MANUAL, retention: failing }), 'retention')).toMatchObject([
      { level: 'problem', message: expect.stringContaining('flags are away'), whatToDo: expect.any(String) },
    ]);
  });

  it('says that the runs could not be looked at while somebody locks them', async () => {
    await checksOf();
    const locker = await database.connect();
    await locker.query('begin; lock tenxyte_maintenance.schedules in access exclusive mode');
    const report = await app?.maintenance.doctor();
    await locker.query('rollback');
    expect(named(report?.checks ?? [], 'runs-schema')).toMatchObject([
      { level: 'problem', message: expect.stringContaining('could not be examined'), whatToDo: expect.any(String) },
    ]);
  });

  describe('of agent_tokens', () => {
    const withChange = async (change: string, undo: string): Promise<DoctorCheck[]> => {
      await database.query(change);
      try {
        return (await checksOf()).filter(({ level, subject }) => level !== 'ok' && subject === 'agent_tokens');
      } finally {
        await database.query(undo);
      }
    };

    it('says which privileges the monitor lacks, and the grant cures it', async () => {
      const [check] = await withChange(`revoke update on agent_tokens from ${role.name}`, 'select 1');
      expect(check).toMatchObject({
        name: 'privileges',
        level: 'problem',
        message: expect.stringContaining('every check of the heartbeats is refused'),
        whatToDo: `grant update (status, suspended_at, suspended_reason) on "public"."agent_tokens" to "${role.name}";`,
      });
      await app?.close();
      expect(await withChange(check?.whatToDo ?? '', 'select 1')).toEqual([]);
    });

    it('takes a time without zone for a problem', async () => {
      expect(
        await withChange(
          'alter table agent_tokens alter column last_heartbeat_at type timestamp',
          'alter table agent_tokens alter column last_heartbeat_at type timestamptz',
        ),
      ).toMatchObject([
        { name: 'columns', level: 'problem', message: expect.stringContaining('timestamp without time zone') },
      ]);
    });

    it('takes a view in its place, and row level security, for problems', async () => {
      const view = await withChange(
        'alter table agent_tokens rename to behind; create view agent_tokens as select * from behind',
        'drop view agent_tokens; alter table behind rename to agent_tokens',
      );
      expect(view).toMatchObject([{ name: 'table', level: 'problem' }]);
      await app?.close();
      const secured = await withChange(
        'alter table agent_tokens enable row level security',
        'alter table agent_tokens disable row level security',
      );
      expect(secured).toMatchObject([{ name: 'row-security', level: 'problem' }]);
    });

    it('advises about its absence', async () => {
      const [check] = await withChange(
        'alter table agent_tokens rename to elsewhere',
        'alter table elsewhere rename to agent_tokens',
      );
      expect(check).toMatchObject({ name: 'table', level: 'advice' });
    });
  });
});
