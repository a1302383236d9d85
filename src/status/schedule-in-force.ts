import type { Instant } from '../database/instant.js';
import { CronSchedule } from '../tasks/schedule/cron-schedule.js';
import { type CompleteScheduleSettings, scheduleOf } from '../tasks/schedule/schedule-settings.js';
import type { TaskRecord } from './read-task-records.js';

/**
 * Where a schedule comes from. `options`: this process's own options. `noted`: what the application's replicas noted in the database,
 * asked on the command line without a schedule of its own. `none`: that, but none of them noted any.
 */
export type ScheduleSource = 'options' | 'noted' | 'none';

/** A task's schedule. */
export interface ScheduleInForce {
  readonly source: ScheduleSource;
  /** Undefined when the task is left to manual runs, or when it cannot be told. */
  readonly schedule: CronSchedule | undefined;
  /** Since when the replicas know it; null when none noted it. */
  readonly since: Instant | null;
}

/** Finds the schedule of a task: the options' own, or else what was noted. @param settings undefined where they say nothing of the application's */
export function scheduleInForce(
  scheduleOption: string,
  settings: CompleteScheduleSettings | undefined,
  noted: TaskRecord['noted'],
): ScheduleInForce {
  const since = noted?.since ?? null;
  if (settings !== undefined) {
    return { source: 'options', schedule: scheduleOf(settings, scheduleOption), since };
  }
  return { source: noted === null ? 'none' : 'noted', schedule: readable(noted), since };
}

/** Another release may have noted what this one cannot read. */
function readable(noted: TaskRecord['noted']): CronSchedule | undefined {
  try {
    return noted === null ? undefined : new CronSchedule(noted.expression, noted.timeZone);
  } catch {
    return undefined;
  }
}

/**
 * A cron expression in words, such as `At 03:00`; the expression itself when it cannot be put into any. The library is loaded once this is
 * called: most processes never ask.
 */
export async function scheduleInWords(expression: string): Promise<string> {
  const { default: cronstrue } = await import('cronstrue');
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
