import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceEventName } from '../../src/index.js';
import { CleanupService, TenxyteMaintenanceModule, TenxyteMaintenanceService, WallClock } from '../../src/index.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { DatabaseTicks } from '../../src/tasks/schedule/database-ticks.js';
import { failFirstDeletions } from '../support/fault.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const only = ['blacklisted_tokens'] as const;

describe('a run, to those who listen and those who read its log', () => {
  const database = useTestDatabase();
  let booted: TestingModule;
  let maintenance: TenxyteMaintenanceService;
  let emitter: EventEmitter2;
  let heard: [event: string, payload: unknown][];
  let isProviderAway: boolean;
  let lines: [level: string, message: string][] = [];

  const lineOf =
    (level: string) =>
    (message: unknown, ...rest: unknown[]): void => {
      if (rest.at(-1) === 'TenxyteMaintenance') {
        lines.push([level, String(message).replace(/[0-9a-f-]{36}/g, '…')]);
      }
    };
  const logger: LoggerService = {
    log: lineOf('log'),
    debug: lineOf('debug'),
    warn: lineOf('warn'),
    error: lineOf('error'),
  };
  const heardNames = (): string[] => heard.map(([name]) => name.replace('tenxyte-maintenance.', ''));
  /** Another process's run. */
  const holdTheTask = (): Promise<unknown> =>
    database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'cleanup', 'cron', 'another', 'running', now(), now() + interval '1 hour')`,
    );

  const retention = {
    useFactory: () => ({
      getRetention: () => {
        if (isProviderAway) {
          throw new Error('the flag service is away');
        }
        return {};
      },
    }),
  };

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    booted = await Test.createTestingModule({
      imports: [
        EventEmitterModule.forRoot(),
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        // A slot a second: it is skipped after half of one, and the next application would catch up on those of the last test.
        TenxyteMaintenanceModule.forRoot({
          retention,
          schedule: { cleanup: '* * * * * *', agentHeartbeat: false, missedRuns: 'skip' },
        }),
      ],
    })
      .overrideProvider(WallClock)
      .useValue({ now: () => new Date('2026-03-01T03:00:00.500Z') })
      .overrideProvider(DatabaseTicks)
      .useValue({ tell: async () => false, follow: () => false })
      .setLogger(logger)
      .compile();
    await booted.init();
    await database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens');
    maintenance = booted.get(TenxyteMaintenanceService);
    emitter = booted.get(EventEmitter2);
    isProviderAway = false;
    heard = [];
    lines = [];
    emitter.onAny((name, payload) => heard.push([String(name), payload]));
  });
  afterEach(() => booted.close());

  it('tells that it started and finished, in one line each', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await maintenance.cleanup({ only });
    expect(heardNames()).toEqual(['run.started', 'run.finished']);
    expect(lines).toEqual([
      ['log', 'cleanup … started (manual)'],
      ['log', expect.stringMatching(/^cleanup … succeeded: deleted 1 row of 1 target in \d+ ms$/)],
    ]);
  });

  it('tells who asked for it, and why, and that it was forced', async () => {
    const startedBy = { actor: 'Ann', reason: 'ticket 17' };
    const report = await maintenance.cleanup({ only, force: true, ...startedBy });
    expect(report.startedBy).toEqual(startedBy);
    expect(heard).toMatchObject([
      ['tenxyte-maintenance.run.started', { force: true, startedBy }],
      ['tenxyte-maintenance.run.finished', { force: true, startedBy, report: { force: true, startedBy } }],
    ]);
    expect(lines[0]).toEqual(['log', 'cleanup … started (manual, forced past the brakes, by Ann, reason: ticket 17)']);
  });

  it('tells of a dry run in lines alone', async () => {
    await maintenance.cleanup({ only, dryRun: true });
    expect(heardNames()).toEqual([]);
    expect(lines.map(([, line]) => line)).toEqual([
      'cleanup … started (manual, dry run)',
      expect.stringMatching(/^cleanup … succeeded: would delete 0 rows of 1 target in \d+ ms$/),
    ]);
  });

  it('tells that it failed, once it finished, when every target did', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    const repair = await failFirstDeletions(database, 'blacklisted_tokens', { sqlState: 'XX001', times: 100 });
    const report = await maintenance.cleanup({ only });
    await repair();
    expect(report.status).toBe('failed');
    expect(heardNames()).toEqual(['run.started', 'run.finished', 'run.failed']);
    const { runId } = report;
    expect(heard.at(-1)?.[1]).toEqual({
      event: 'tenxyte-maintenance.run.failed',
      task: 'cleanup',
      runId,
      trigger: 'manual',
      slot: null,
      force: false,
      startedBy: null,
      report,
      error: null,
    });
    expect(lines).toEqual([
      ['log', 'cleanup … started (manual)'],
      ['error', expect.stringMatching(/^cleanup … failed: .*; blacklisted_tokens failed \(DATABASE\): injected fault/)],
    ]);
  });

  it('tells that it failed when it threw, in one line', async () => {
    isProviderAway = true;
    await booted.get(CleanupService).onTick();
    expect(heardNames()).toEqual(['run.started', 'run.finished', 'run.failed']);
    expect(heard.at(-1)?.[1]).toMatchObject({ report: null, error: { code: 'RETENTION_PROVIDER' } });
    expect(lines).toEqual([
      ['log', 'cleanup … started (cron, slot 2026-03-01T03:00:00.000Z)'],
      ['error', expect.stringMatching(/^cleanup … failed in \d+ ms; RETENTION_PROVIDER: .*away/)],
    ]);
  });

  it('tells that it was not made, as another one went on', async () => {
    await holdTheTask();
    const report = await maintenance.cleanup({ only });
    expect(heard).toEqual([
      [
        'tenxyte-maintenance.run.skipped',
        {
          event: 'tenxyte-maintenance.run.skipped',
          task: 'cleanup',
          runId: report.runId,
          trigger: 'manual',
          slot: null,
          force: false,
          startedBy: null,
          report,
          error: report.error,
        },
      ],
    ]);
  });

  it('tells that a slot was skipped, once, with its warning', async () => {
    await holdTheTask();
    const tick = (): Promise<void> => booted.get(CleanupService).onTick();
    await Promise.all([tick(), tick()]);
    expect(heard).toEqual([
      [
        'tenxyte-maintenance.run.skipped',
        {
          event: 'tenxyte-maintenance.run.skipped',
          task: 'cleanup',
          runId: expect.any(String),
          trigger: 'cron',
          slot: '2026-03-01T03:00:00.000Z',
          force: false,
          startedBy: null,
          report: null,
          error: {
            code: 'ALREADY_RUNNING',
            retryable: true,
            message: expect.stringContaining('of another still went on'),
          },
        },
      ],
    ]);
    expect(lines).toEqual([['warn', expect.stringMatching(/^cleanup of 2026-03-01T03:00:00.000Z was skipped/)]]);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'running' }, { status: 'skipped' }]);
  });

  it('tells of a slot that two processes pass over at once by the one whose record it is', async () => {
    const table = booted.get(RunsTable);
    const claim = { task: 'cleanup', slot: new Date('2026-03-01T03:00:00Z'), trigger: 'cron', owner: 'one' } as const;
    const error = { code: 'ALREADY_RUNNING', retryable: true, message: 'busy' };
    expect(await table.skip({ ...claim, runId: randomUUID() }, error)).toBe(true);
    expect(await table.skip({ ...claim, runId: randomUUID() }, error)).toBe(false);
  });

  it('does its work whatever its listeners do', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    const names: MaintenanceEventName[] = ['tenxyte-maintenance.run.started', 'tenxyte-maintenance.run.finished'];
    for (const name of names) {
      emitter.on(name, (): unknown => new Promise(() => undefined));
      emitter.on(name, (): unknown => Promise.reject(new Error('rejects')));
      emitter.on(name, (payload: { report?: { rows: number } }) => {
        Object.assign(payload.report ?? payload, { rows: 4711, task: 'forged' });
      });
    }
    const report = await maintenance.cleanup({ only });
    expect(report).toMatchObject({ task: 'cleanup', status: 'succeeded', rows: 1 });
    expect(await recordedRuns(database)).toMatchObject([{ task: 'cleanup', status: 'succeeded', report: { rows: 1 } }]);
  });
});
