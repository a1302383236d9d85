import type { Instant } from '../database/instant.js';
import { CronSchedule } from '../tasks/schedule/cron-schedule.js';
import { type CompleteScheduleSettings, scheduleOf } from '../tasks/schedule/schedule-settings.js';
import type { TaskRecord } from './read-task-records.js';

/**
 * Where a schedule comes from. `options`: this process's own options. `recorded`: as the application's replicas recorded it in the
 * database, asked on the command line without a schedule of its own. `none`: that, but none of them recorded any.
 */
export type ScheduleSource = 'options' | 'recorded' | 'none';

/** A task's schedule. */
export interface ScheduleInForce {
  readonly source: ScheduleSource;
  /** Undefined when the task is left to manual runs, or when its schedule is not known. */
  readonly schedule: CronSchedule | undefined;
  /** Since when the replicas know it; null when none recorded it. */
  readonly since: Instant | null;
}

/**
 * Finds the schedule of a task: the options' own, or else the recorded one.
 *
 * @param settings undefined where they are not the application's
 */
export function scheduleInForce(
  scheduleOption: string,
  settings: CompleteScheduleSettings | undefined,
  recorded: TaskRecord['recorded'],
): ScheduleInForce {
  const since = recorded?.since ?? null;
  if (settings !== undefined) {
    return { source: 'options', schedule: scheduleOf(settings, scheduleOption), since };
  }
  return { source: recorded === null ? 'none' : 'recorded', schedule: readable(recorded), since };
}

/** Another release may have recorded what this one cannot read. */
function readable(recorded: TaskRecord['recorded']): CronSchedule | undefined {
  try {
    return recorded === null ? undefined : new CronSchedule(recorded.expression, recorded.timeZone);
  } catch {
    return undefined;
  }
}

/**
 * A cron expression in words, such as `At 03:00`; the expression itself when it cannot be put into any. The library is loaded once this is
 * called: most processes never ask.
 */
export async function describeSchedule(expression: string): Promise<string> {
  const { default: cronstrue } = await import('cronstrue');
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
