import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ActiveRuns } from '../../src/tasks/active-runs.js';
import { type DatabaseTime, WallClock } from '../../src/tasks/clocks.js';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { DatabaseTicks } from '../../src/tasks/schedule/database-ticks.js';
import type { SchedulesTable } from '../../src/tasks/schedule/schedules-table.js';
import { FakeRunTime } from '../support/run-time.js';

const BEGIN = Date.parse('2026-03-01T00:10:30Z');
const DAY_MS = 86_400_000;

describe('ticks by the clock of the database', () => {
  let closing: AbortController;
  let time: FakeRunTime;
  let isDatabaseAway: boolean;
  let leadMs: number;
  let pending: Promise<unknown>[];
  let slots: string[];
  let sleepsLeft: number;
  let ticks: DatabaseTicks;

  beforeEach(() => {
    Logger.overrideLogger(false);
    [closing, isDatabaseAway, leadMs, pending, slots] = [new AbortController(), false, DAY_MS, [], []];
    time = new FakeRunTime(() => {
      sleepsLeft -= 1;
      if (sleepsLeft < 0) {
        closing.abort();
      }
    });
    const databaseNow = (): number => BEGIN + time.now();
    const schedules: Pick<SchedulesTable, 'now'> = {
      now: async () => {
        if (isDatabaseAway) {
          throw new Error('the server restarts');
        }
        return { at: new Date(databaseNow()).toISOString() };
      },
    };
    const activeRuns = {
      closingSignal: closing.signal,
      track: async (work: Promise<unknown>) => pending.push(work),
    } as unknown as ActiveRuns;
    const clock: WallClock = { now: () => new Date(databaseNow() + leadMs) };
    ticks = new DatabaseTicks(activeRuns, schedules as SchedulesTable, clock, time);
  });

  const reading = (difference: number): DatabaseTime => ({
    at: new Date(BEGIN + time.now()).toISOString(),
    leadMs: difference,
    readAt: time.now(),
  });

  /** Follows until there were so many sleeps. */
  const follow = async (expression: string, sleeps: number): Promise<void> => {
    sleepsLeft = sleeps;
    const onSlot = (slot: Date): void => void slots.push(slot.toISOString());
    expect(ticks.follow('cleanup', new CronSchedule(expression, 'UTC'), { now: reading(leadMs), onSlot })).toBe(true);
    await Promise.all(pending);
  };

  it('come at each slot', async () => {
    await follow('* * * * *', 3);
    expect(slots).toEqual(['2026-03-01T00:11:00.000Z', '2026-03-01T00:12:00.000Z', '2026-03-01T00:13:00.000Z']);
    expect(time.pauses.slice(0, 3)).toEqual([30_000, 60_000, 60_000]);
  });

  it('ask for the time anew every hour until the slot comes', async () => {
    await follow('0 3 1 * *', 4);
    expect(slots).toEqual(['2026-03-01T03:00:00.000Z']);
    expect(time.pauses.slice(0, 3)).toEqual([3_600_000, 3_600_000, 2_970_000]);
  });

  it('go on while the database is away', async () => {
    isDatabaseAway = true;
    await follow('* * * * *', 2);
    expect(slots).toEqual(['2026-03-01T00:11:00.000Z', '2026-03-01T00:12:00.000Z']);
  });

  it('are not needed by a clock that is a second off, nor twice', async () => {
    const onSlot = (): void => undefined;
    const schedule = new CronSchedule('* * * * *', 'UTC');
    expect(ticks.follow('cleanup', schedule, { now: reading(1_000), onSlot })).toBe(false);
    expect(ticks.follow('cleanup', schedule, { now: reading(-1_000), onSlot })).toBe(false);
    expect(await ticks.tell('cleanup')).toBe(false);
    await follow('* * * * *', 1);
    expect(ticks.follow('cleanup', schedule, { now: reading(leadMs), onSlot })).toBe(false);
    expect(ticks.follow('agent-heartbeat', schedule, { now: reading(leadMs), onSlot })).toBe(true);
  });

  it('give way to those of the application once its clock is right, and not while nobody can tell', async () => {
    await follow('* * * * *', 1);
    expect(await ticks.tell('cleanup')).toBe(true);
    [leadMs, isDatabaseAway] = [0, true];
    expect(await ticks.tell('cleanup')).toBe(true);
    isDatabaseAway = false;
    expect(await ticks.tell('cleanup')).toBe(false);
    leadMs = -DAY_MS;
    expect(
      ticks.follow('cleanup', new CronSchedule('* * * * *', 'UTC'), { now: reading(leadMs), onSlot: () => undefined }),
    ).toBe(true);
  });
});
