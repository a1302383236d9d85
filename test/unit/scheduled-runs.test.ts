import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CLEANUP_TASK } from '../../src/cleanup/cleanup.task.js';
import type { ClaimOutcome, RunClaim } from '../../src/contract/run-record.js';
import type { TaskReport } from '../../src/contract/task-report.js';
import { MAINTENANCE_DATA_SOURCE } from '../../src/database/maintenance-data-source.js';
import { ActiveRuns } from '../../src/tasks/active-runs.js';
import { RunTime, WallClock } from '../../src/tasks/clocks.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import type { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { ScheduledRuns } from '../../src/tasks/schedule/scheduled-runs.js';
import { RunClaims } from '../../src/tasks/run-claims.js';
import { TaskRunner } from '../../src/tasks/task-runner.js';

const SLOT = new Date('2026-03-01T03:00:00Z');
const HOUR_MS = 3_600_000;
const AT = '2026-03-01T03:00:00.000000Z';
const CLAIMED: ClaimOutcome = { kind: 'claimed', leasedAt: 0, serverLife: '', at: AT };
const BUSY: ClaimOutcome = {
  kind: 'busy',
  other: { runId: 'run-0', owner: 'pod-2', startedAt: '2026-03-01T02:00:00.000000Z' },
  at: AT,
};

describe('a slot', () => {
  let claimed: number;
  let worked: number;
  let skipped: unknown[];
  let lines: string[];
  let closing: AbortController;

  beforeEach(() => {
    [claimed, worked, skipped, lines, closing] = [0, 0, [], [], new AbortController()];
  });
  afterEach(() => Logger.overrideLogger(true));

  /** Runs one slot; the outcomes are those of the claims, one after another. */
  const runSlot = async (outcomes: (ClaimOutcome | Error)[], nextSlotInMs = 2 * HOUR_MS): Promise<void> => {
    const table: Partial<RunsTable> = {
      claim: async () => {
        const outcome = outcomes[claimed] ?? new Error('one claim too many');
        claimed += 1;
        if (outcome instanceof Error) {
          throw outcome;
        }
        return outcome;
      },
    };
    const skip = async (_claim: RunClaim, error: unknown): Promise<boolean> => {
      skipped.push(error);
      return true;
    };
    const claims: Partial<RunClaims> = {
      claimFor: (task, trigger, slot): RunClaim => ({ runId: 'run-1', task, trigger, slot, owner: 'pod-1' }),
    };
    const runner: Partial<TaskRunner> = {
      runClaimed: async <Report extends TaskReport>() => {
        worked += 1;
        return {} as Report;
      },
    };
    const activeRuns = { closingSignal: closing.signal, track: (work: Promise<unknown>) => work };
    const connection = { connect: async () => undefined, release: async () => undefined };
    const note = (text: string): number => lines.push(text);
    const moduleRef = await Test.createTestingModule({
      providers: [
        ScheduledRuns,
        RunTime,
        WallClock,
        { provide: MAINTENANCE_DATA_SOURCE, useValue: { createQueryRunner: () => connection } },
        { provide: RunsTable, useValue: { ...table, skip } },
        { provide: ActiveRuns, useValue: activeRuns },
        { provide: RunClaims, useValue: claims },
        { provide: TaskRunner, useValue: runner },
      ],
    })
      .useMocker(() => new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : () => undefined) }))
      .setLogger({ log: () => undefined, warn: note, error: note })
      .compile();
    const scheduledRuns = moduleRef.get(ScheduledRuns);
    const schedule: Partial<CronSchedule> = { nextAfter: (date) => new Date(date.getTime() + nextSlotInMs) };
    await scheduledRuns.run({
      runnable: { task: CLEANUP_TASK, work: () => Promise.reject(new Error('stands for the work')) },
      trigger: 'cron',
      slot: SLOT,
      schedule: schedule as CronSchedule,
    });
  };

  it('is worked on by whoever claims it', async () => {
    await runSlot([CLAIMED]);
    expect({ worked, lines }).toEqual({ worked: 1, lines: [] });
  });

  it('is left to whoever came first', async () => {
    await runSlot([{ kind: 'taken', at: AT }]);
    expect({ worked, claimed, lines }).toEqual({ worked: 0, claimed: 1, lines: [] });
  });

  it('is claimed again while the database is away, of which it warns once', async () => {
    await runSlot([new Error('the server restarts'), new Error('it still does'), CLAIMED]);
    expect({ worked, lines }).toEqual({
      worked: 1,
      lines: ['cleanup could not be claimed and is tried again and again: the server restarts'],
    });
  });

  it('is claimed again while another run goes on', async () => {
    await runSlot([BUSY, CLAIMED]);
    expect({ worked, lines }).toEqual({ worked: 1, lines: [] });
  });

  it('is skipped, and recorded as skipped, when the other run outlasts the patience', async () => {
    await runSlot([BUSY], 0);
    expect({ worked, skipped }).toEqual({
      worked: 0,
      skipped: [
        {
          code: 'ALREADY_RUNNING',
          retryable: true,
          message: expect.stringContaining('Run run-0 of pod-2 still went on'),
        },
      ],
    });
    expect(lines).toEqual([expect.stringContaining('cleanup of 2026-03-01T03:00:00.000Z was skipped.')]);
  });

  it('fails in the log alone when the database stays away', async () => {
    await runSlot([new Error('the server is gone')], 0);
    expect(lines).toEqual([expect.stringMatching(/^cleanup of 2026-03-01T03:00:00.000Z .*: the server is gone$/)]);
  });

  it('is claimed for half the time between slots, however near the next one is by the clock of the process', async () => {
    await runSlot([BUSY, BUSY, CLAIMED], 2_000);
    expect({ worked, claimed, skipped }).toEqual({ worked: 1, claimed: 3, skipped: [] });
  });

  it('is not claimed by a process that shuts down', async () => {
    closing.abort();
    await runSlot([]);
    expect({ claimed, worked, lines }).toEqual({ claimed: 0, worked: 0, lines: [] });
  });
});
