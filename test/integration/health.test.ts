import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceHealthOptions } from '../../src/index.js';
import type { BacklogReport, TargetBacklog } from '../../src/cleanup/backlog/backlog-report.js';
import { eventually } from '../support/eventually.js';
import type { HealthApp, HealthAppSetup } from '../support/health-app.js';
import { healthApp } from '../support/health-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const NOW = '2026-03-10T12:00:00.000000Z';
const SUCCESS = { started_at: '2026-03-10T03:00:00Z', report: { rows: 1 } };
const FAILURE = {
  started_at: '2026-03-10T04:00:00Z',
  status: 'failed',
  error: { code: 'LOCK_TIMEOUT', message: 'host db.internal said no' },
};
const LATE = { started_at: '2026-03-08T03:00:00Z' };

const IN_TIME: TargetBacklog = {
  name: 'otp_codes',
  status: 'measured',
  dueRows: 5,
  isEstimate: true,
  oldestDueSince: '2026-03-10T11:00:00.000000Z',
  oldestDueSeconds: 3_600,
  tableBytes: 8_192,
  isFallingBehind: false,
};
const BEHIND: TargetBacklog = {
  ...IN_TIME,
  name: 'login_attempts',
  dueRows: 12_000,
  oldestDueSince: '2026-03-01T00:00:00.000000Z',
  isFallingBehind: true,
};
const backlogOf = (...targets: TargetBacklog[]): BacklogReport => ({
  measuredAt: NOW,
  scheduleIntervalSeconds: 86_400,
  holdsInForce: 0,
  targets,
});

describe('the health endpoint', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: HealthApp | undefined;
  let upSeconds = 60;

  beforeAll(async () => {
    const first = await maintenanceApp(database.url);
    await first.close();
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules'));
  afterEach(async () => {
    await app?.close();
    app = undefined;
    upSeconds = 60;
  });

  const boot = async ({ url = database.url, ...setup }: Partial<HealthAppSetup> & { url?: string } = {}) => {
    app = await healthApp(url, {
      options: { schedule: { agentHeartbeat: false } },
      now: () => NOW,
      uptime: { seconds: () => upSeconds },
      ...setup,
    });
    return app;
  };
  const asked = async (setup?: Parameters<typeof boot>[0], options: MaintenanceHealthOptions = {}) => {
    const { asks, ask } = await boot(setup);
    asks.options = options;
    const { httpStatus, body } = await ask();
    return { httpStatus, ...body, detail: body.details['maintenance'] };
  };

  it('answers 200 and up while every scheduled task succeeds in time and nothing falls behind', async () => {
    await insertRuns(database, [SUCCESS]);
    const meter = { measure: async () => backlogOf(IN_TIME) };
    const { httpStatus, status, detail } = await asked({ meter });
    expect({ httpStatus, status }).toEqual({ httpStatus: 200, status: 'ok' });
    expect(detail).toEqual({
      status: 'up',
      tasks: {
        cleanup: { health: 'ok', reason: expect.stringMatching(/^its last success was at 2026-03-10T03:00:01/) },
        'agent-heartbeat': { health: 'off', reason: expect.any(String) },
        'totp-key-rotation': { health: 'off', reason: expect.any(String) },
        'dependency-scan': { health: 'off', reason: expect.any(String) },
      },
      backlog: { health: 'ok', reason: 'no target falls behind' },
      clock: { health: 'ok', reason: "this process's clock agrees with the database's", offsetMs: 0 },
    });
  });

  it('is up on a database on which nothing ran yet and nothing is due', async () => {
    expect(await asked()).toMatchObject({
      httpStatus: 200,
      detail: { tasks: { cleanup: { health: 'unknown' } }, backlog: { health: 'ok' } },
    });
  });

  it('answers 503 and why when the last run of a task failed, without its message', async () => {
    await insertRuns(database, [SUCCESS, FAILURE]);
    const answer = await asked();
    expect(answer).toMatchObject({
      httpStatus: 503,
      status: 'error',
      error: {
        maintenance: {
          status: 'down',
          message: 'cleanup: its last run, begun at 2026-03-10T04:00:00.000000Z, failed (LOCK_TIMEOUT)',
        },
      },
    });
    expect(JSON.stringify(answer)).not.toMatch(/db\.internal|pod-1/);
  });

  it('answers 503 and why when the last success of a task is too old', async () => {
    await insertRuns(database, [LATE]);
    expect(await asked()).toMatchObject({
      httpStatus: 503,
      detail: {
        message: expect.stringMatching(/^cleanup: its last success was at 2026-03-08T03:00:01\S+; one was due by/),
      },
    });
  });

  it('answers 200 while somebody paused a task, with until when, by whom and why, whatever is late or falls behind', async () => {
    await insertRuns(database, [LATE]);
    await database.query(`insert into tenxyte_maintenance.pauses values
      ('cleanup', '2026-03-08T12:00:00Z', '2026-04-01T00:00:00Z', 'Ann', 'a migration')`);
    const answer = await asked({ meter: { measure: async () => backlogOf(BEHIND) } });
    await database.query('truncate tenxyte_maintenance.pauses');
    expect(answer).toMatchObject({
      httpStatus: 200,
      detail: {
        status: 'up',
        tasks: {
          cleanup: {
            health: 'paused',
            reason:
              'it is paused since 2026-03-08T12:00:00.000000Z until 2026-04-01T00:00:00.000000Z by Ann, reason: a migration',
          },
        },
        backlog: {
          health: 'paused',
          reason: expect.stringMatching(/^the cleanup is paused; login_attempts falls behind/),
        },
      },
    });
  });

  it('answers 503 when a task that was scheduled long ago has never succeeded', async () => {
    await database.query(
      `insert into tenxyte_maintenance.schedules values ('cleanup', '0 3 * * *', 'UTC', '2026-03-01T00:00:00Z')`,
    );
    expect(await asked()).toMatchObject({
      httpStatus: 503,
      detail: { message: expect.stringMatching(/^cleanup: it has never succeeded; one was due by 2026-03-02T12:00/) },
    });
  });

  it('answers 503 and names the target that falls behind', async () => {
    await insertRuns(database, [SUCCESS]);
    expect(await asked({ meter: { measure: async () => backlogOf(IN_TIME, BEHIND) } })).toMatchObject({
      httpStatus: 503,
      detail: {
        message: 'login_attempts falls behind: about 12,000 rows are due, the oldest since 2026-03-01T00:00:00.000000Z',
        backlog: { health: 'failing' },
      },
    });
  });

  it('gives every cause there is', async () => {
    await insertRuns(database, [LATE, FAILURE]);
    const { detail } = await asked({ meter: { measure: async () => backlogOf(BEHIND) } });
    expect(detail?.['message']).toMatch(/^cleanup: its last success .*\. login_attempts falls behind/);
  });

  it.each([
    [{ lastRun: false }, [SUCCESS, FAILURE]],
    [{ lastSuccess: false }, [LATE]],
    [{ tasks: ['agent-heartbeat'] }, [FAILURE]],
  ] as const)('leaves out what it is told to: %j', async (options, runs) => {
    await insertRuns(database, runs);
    expect(await asked({}, options)).toMatchObject({ httpStatus: 200 });
  });

  it('does not measure the backlog when told to leave it out', async () => {
    let measurements = 0;
    const measure = async (): Promise<BacklogReport> => {
      measurements += 1;
      return backlogOf(BEHIND);
    };
    const { httpStatus, detail } = await asked({ meter: { measure } }, { backlog: false });
    expect({ httpStatus, measurements, backlog: detail?.['backlog'] }).toEqual({ httpStatus: 200, measurements: 0 });
  });

  it('measures the backlog once for all probes of a minute, as an estimate', async () => {
    const requests: unknown[] = [];
    const meter = {
      measure: async (request?: object): Promise<BacklogReport> => {
        requests.push(request);
        return requests.length === 1 ? backlogOf(BEHIND) : backlogOf(IN_TIME);
      },
    };
    const { ask } = await boot({ meter });
    await Promise.all([ask(), ask(), ask()]);
    upSeconds += 59;
    expect(await ask()).toMatchObject({ httpStatus: 503 });
    expect(requests).toEqual([{ exact: false }]);
    upSeconds += 1;
    expect(await ask()).toMatchObject({ httpStatus: 200 });
    expect(requests).toHaveLength(2);
  });

  it('says so when the backlog cannot be measured, and tries again at the next probe', async () => {
    let measurements = 0;
    const meter = {
      measure: async (): Promise<BacklogReport> => {
        measurements += 1;
        if (measurements === 1) {
          throw new Error('connect to postgres://user:hidden-word@db failed');
        }
        return backlogOf({ ...IN_TIME, status: 'failed', dueRows: null });
      },
    };
    const { ask } = await boot({ meter });
    const first = await ask();
    expect(first.body.details['maintenance']).toMatchObject({
      status: 'up',
      backlog: { health: 'unmeasured', reason: 'the backlog was not measured' },
    });
    expect(JSON.stringify(first)).not.toContain('hidden-word');
    expect((await ask()).body.details['maintenance']).toMatchObject({
      backlog: { health: 'ok', reason: 'no target falls behind; not measured: otp_codes' },
    });
  });

  it('does not wait for a backlog that takes too long, and gives it once it is there', async () => {
    let answer: (report: BacklogReport) => void = () => undefined;
    const measured = new Promise<BacklogReport>((resolve) => {
      answer = resolve;
    });
    const options = { schedule: { agentHeartbeat: false }, health: { timeoutMs: 1_000 } } as const;
    const { ask } = await boot({ options, meter: { measure: async () => measured } });
    expect(await ask()).toMatchObject({ httpStatus: 200 });
    answer(backlogOf(BEHIND));
    expect(await ask()).toMatchObject({ httpStatus: 503 });
  });

  it('answers 503 in time when the database does not answer', async () => {
    const options = { health: { timeoutMs: 100 } } as const;
    const { ask } = await boot({ options });
    const locker = await database.connect();
    await locker.query('begin; lock tenxyte_maintenance.runs in access exclusive mode');
    try {
      expect((await ask()).body.error).toEqual({
        maintenance: { status: 'down', message: 'the database did not answer within 100 ms' },
      });
    } finally {
      await locker.query('rollback');
    }
  });

  it('is asked once for probes that come together, and anew for the next one', async () => {
    let examinations = 0;
    const { indicator } = await boot({
      now: () => {
        examinations += 1;
        return NOW;
      },
    });
    examinations = 0;
    const probe = (): Promise<unknown> => indicator.isHealthy('maintenance', { backlog: false });
    await Promise.all([probe(), probe(), probe()]);
    await probe();
    expect(examinations).toBe(2);
  });

  it('answers 503 when the database is away, and shows neither host nor role', async () => {
    const { ask } = await boot({ url: role.url });
    await database.query(`alter role ${role.name} nologin`);
    await database.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role.name]);
    const answer = await eventually(async () => {
      const { httpStatus, body } = await ask();
      return httpStatus === 503 && JSON.stringify(body).includes('(28000)') && { httpStatus, body };
    });
    expect(answer.body.error).toEqual({
      maintenance: { status: 'down', message: 'the database could not be asked (28000)' },
    });
  });

  it('refuses options that it does not know', async () => {
    const { indicator } = await boot();
    await expect(indicator.isHealthy('x', { backlogs: false } as object)).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(indicator.isHealthy('x', { tasks: ['sweep'] } as object)).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('names itself tenxyte-maintenance unless told otherwise', async () => {
    const { indicator } = await boot();
    expect(Object.keys(await indicator.isHealthy())).toEqual(['tenxyte-maintenance']);
  });
});
