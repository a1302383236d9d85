import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { reportedError } from '../../src/contract/task-report.js';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import { UnsupportedServerError } from '../../src/errors/unsupported-server.error.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { RunTime } from '../../src/tasks/clocks.js';
import { isInterruption } from '../../src/tasks/interruption.js';
import type { RunsSchema } from '../../src/tasks/runs/runs-schema.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { endedEarly } from '../../src/tasks/task-runner.js';

describe('the end of a run before its work is done', () => {
  const CANCELLED = { code: '57014' };

  it.each([
    ['by a checkpoint', new RunInterruptedError('requested'), false, true],
    ['by a cancelled statement, when it has to stop', CANCELLED, true, true],
    ['not by a statement that timed out', CANCELLED, false, false],
    ['not by another error', new Error('broken'), true, false],
  ])('comes %s', (_, error, isStopping, expected) => {
    expect(isInterruption(error, isStopping ? AbortSignal.abort() : new AbortController().signal)).toBe(expected);
  });

  it.each([
    ['lease-lost', 'LEASE_LOST'],
    ['time-budget', 'TIME_BUDGET'],
    ['requested', undefined],
    ['shutdown', undefined],
    [undefined, undefined],
  ] as const)('is explained in the report when it came by itself: %s', (stopReason, code) => {
    const signal = AbortSignal.abort(stopReason === undefined ? undefined : new RunInterruptedError(stopReason));
    expect(endedEarly({ signal, stopReason }).error?.code).toBe(code);
  });
});

it('puts an error of somebody else into a report without a code of its own', () => {
  expect(reportedError(new Error('odd\nthing'))).toEqual({ code: 'UNEXPECTED', message: 'odd thing' });
  expect(reportedError(new UnsupportedServerError(130_001)).code).toBe('UNSUPPORTED_SERVER');
});

it.each([
  ['30 0 0 * * *', '2026-03-02T00:00:10Z', '2026-03-01T00:00:30.000Z'],
  ['30 0,5 0 * * *', '2026-03-02T00:05:10Z', '2026-03-02T00:00:30.000Z'],
  ['30 0 0 * * *', '2026-03-02T00:00:30Z', '2026-03-02T00:00:30.000Z'],
])('finds the slot of %s at %s, where the second has not come yet', (expression, at, slot) => {
  expect(new CronSchedule(expression, 'UTC').latestAt(new Date(at))?.toISOString()).toBe(slot);
});

it.each([
  [{ cleanup: '0 0 30 2 *' }, 'or false (It names no instant in eight years)'],
  [{ cleanup: '61 * * * *' }, 'or false (Field value (61) is out of range)'],
  [{ timeZone: 'Mars/Olympus' }, 'schedule.timeZone is "Mars/Olympus", accepted is'],
])('says why a schedule is refused: %j', (schedule, reason) => {
  expect(() => resolveMaintenanceOptions({ schedule })).toThrow(reason);
});

it('gives up a claim that neither finds a place nor sees a rival, time after time', async () => {
  let statements = 0;
  const query = async (): Promise<unknown[]> => {
    statements += 1;
    return [];
  };
  const schema = { table: (name: string) => name } as RunsSchema;
  const table = new RunsTable(
    resolveMaintenanceOptions({}).coordination,
    { query } as unknown as DataSource,
    schema,
    [],
  );
  const claim = { runId: 'run-1', task: 'cleanup', slot: null, trigger: 'manual', owner: 'pod-7:1:ab' } as const;
  await expect(table.claim(claim)).rejects.toMatchObject({
    code: 'CLAIM_CONTENDED',
    message: 'cleanup could not be claimed in 5 attempts, as other runs of it came and went meanwhile: try again',
  });
  expect(statements).toBe(10);
});

describe('the time of a run', () => {
  it('passes, and is not slept away once the run has to stop', async () => {
    const time = new RunTime();
    const began = time.now();
    const controller = new AbortController();
    let isOver = false;
    const slept = time.sleep(2 ** 31 - 1, controller.signal).then(() => {
      isOver = true;
    });
    await nextTurn();
    expect(isOver).toBe(false);
    controller.abort();
    await slept;
    expect(time.now()).toBeGreaterThan(began);
  });
});
