import * as v from 'valibot';
import { MAINTENANCE_TASKS, type TaskScheduleOption } from '../../contract/maintenance-task.js';
import { errorMessage } from '../../errors/error-message.js';
import { strictObject } from '../../validation/strict-object.js';
import { CronSchedule } from './cron-schedule.js';

/** What becomes of a slot at which no replica ran. */
export type MissedRuns = 'run-once' | 'skip';

/** When each task runs by itself. */
export interface ScheduleSettings {
  /** The IANA time zone of every expression, such as `Europe/Berlin`. @default 'UTC' */
  readonly timeZone?: string;
  /** When the cleanup runs: a cron expression, or false for manual runs alone. @default '0 3 * * *' */
  readonly cleanup?: string | false;
  /** When the agent heartbeats are checked: a cron expression, or false for manual runs alone. @default '* * * * *' */
  readonly agentHeartbeat?: string | false;
  /**
   * When the TOTP secrets are brought under the first key: a cron expression, or false for manual runs alone. An expression needs
   * `totp.keys`. @default '0 5 1 * *' with `totp.keys`, false without
   */
  readonly totpKeyRotation?: string | false;
  /**
   * When the dependencies are scanned: a cron expression, or false for manual runs alone. An expression needs the `dependencyScan` option,
   * which may be `{}`. @default '0 4 1 * *' with the `dependencyScan` option, false without
   */
  readonly dependencyScan?: string | false;
  /**
   * Whether the latest slot of a task that no replica ran, as all of them were down, is run once at start-up. However many slots were
   * missed, it is one run. The agent heartbeats, checked again within a minute anyway, are left out of it. @default 'run-once'
   */
  readonly missedRuns?: MissedRuns;
}

/** The settings with every default filled in. */
export type CompleteScheduleSettings = Readonly<Required<ScheduleSettings>>;

const TASK_DEFAULTS = Object.fromEntries(
  MAINTENANCE_TASKS.map(({ scheduleOption, defaultExpression }) => [scheduleOption, defaultExpression]),
) as Record<TaskScheduleOption, string>;

/** The time zone of the expressions: it knows no daylight saving. */
export const DEFAULT_TIME_ZONE = 'UTC';

/** The defaults of {@link ScheduleSettings}; those of the tasks stand in the list of tasks. */
export const DEFAULT_SCHEDULE: CompleteScheduleSettings = {
  timeZone: DEFAULT_TIME_ZONE,
  ...TASK_DEFAULTS,
  missedRuns: 'run-once',
};

const timeZone = v.custom<string>(
  (value) => typeof value === 'string' && value !== '' && scheduleProblem('* * * * *', value) === undefined,
  'an IANA time zone, such as "UTC" or "Europe/Berlin"',
);

const expression = v.custom<string | false>(
  (value) => value === false || (typeof value === 'string' && scheduleProblem(value, 'UTC') === undefined),
  ({ input }) => {
    const reason = typeof input === 'string' ? ` (${scheduleProblem(input, 'UTC')})` : '';
    return `a cron expression of 5 or 6 fields, such as "0 3 * * *", or false${reason}`;
  },
);

/** What the `schedule` option may hold. */
export const scheduleSettingsSchema = strictObject(
  {
    timeZone: v.optional(timeZone),
    ...(Object.fromEntries(
      MAINTENANCE_TASKS.map(({ scheduleOption }) => [scheduleOption, v.optional(expression)]),
    ) as Record<TaskScheduleOption, v.OptionalSchema<typeof expression, undefined>>),
    missedRuns: v.optional(v.picklist(['run-once', 'skip'], '"run-once" or "skip"')),
  },
  'an object of schedules',
);

function scheduleProblem(text: string, zone: string): string | undefined {
  try {
    return new CronSchedule(text, zone).expression === text ? undefined : 'it cannot be read';
  } catch (error) {
    const [sentence = ''] = errorMessage(error).split('. ');
    return sentence;
  }
}
