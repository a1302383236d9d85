import * as v from 'valibot';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import { errorMessage } from '../../errors/error-message.js';
import type { ConfigProblem } from '../../errors/maintenance-config.error.js';
import { withoutPrototype } from '../../validation/own-properties.js';
import { withoutUndefined } from '../../validation/settings-section.js';
import { strictObject } from '../../validation/strict-object.js';
import { describeValue } from '../../validation/validation.js';
import { CronSchedule } from './cron-schedule.js';

/** The treatment of a slot at which no replica ran. */
export type MissedRuns = 'run-once' | 'skip';

/** The settings of the schedules of all tasks. */
export interface CommonScheduleSettings {
  /** The IANA time zone of every expression, such as `Europe/Berlin`. @default 'UTC' */
  readonly timeZone?: string;
  /**
   * Whether the latest slot of a task that no replica ran, as all of them were down, is run once at start-up. However many slots were
   * missed, it is one run. The agent heartbeats, checked again within a minute anyway, are never caught up on. @default 'run-once'
   */
  readonly missedRuns?: MissedRuns;
}

/** The settings with every default filled in: beside those of all tasks an expression, or false, by the schedule option of each. */
export type CompleteScheduleSettings = Readonly<Required<CommonScheduleSettings>> &
  Readonly<Record<string, string | false>>;

/** DI token of the {@link CompleteScheduleSettings}. */
export const SCHEDULE_SETTINGS = Symbol('TENXYTE_MAINTENANCE_SCHEDULE_SETTINGS');

/** DI token of the schedules as they were given; undefined on most command lines, which do not know those of the application. */
export const GIVEN_SCHEDULE = Symbol('TENXYTE_MAINTENANCE_GIVEN_SCHEDULE');

/** The time zone of the expressions: it knows no daylight saving. */
export const DEFAULT_TIME_ZONE = 'UTC';

type Given = Readonly<Record<string, unknown>>;

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

/** The schema of the `schedule` option. */
export function scheduleSettingsSchema(tasks: readonly MaintenanceTask[]): v.GenericSchema {
  return strictObject(
    {
      timeZone: v.optional(timeZone),
      ...Object.fromEntries(tasks.map(({ scheduleOption }) => [scheduleOption, v.optional(expression)])),
      missedRuns: v.optional(v.picklist(['run-once', 'skip'], '"run-once" or "skip"')),
    },
    'an object of schedules',
  );
}

/** Fills in the defaults. What has nothing to work with is not scheduled. @param options the module's options, by section */
export function completeSchedule(tasks: readonly MaintenanceTask[], options: Given): CompleteScheduleSettings {
  const expressions = tasks.map((task) => [
    task.scheduleOption,
    isConfigured(task, options) ? task.defaultExpression : false,
  ]);
  return {
    timeZone: DEFAULT_TIME_ZONE,
    ...Object.fromEntries(expressions),
    missedRuns: 'run-once',
    ...withoutUndefined(Object(options['schedule'])),
  } as CompleteScheduleSettings;
}

/** An expression for a task that could do nothing would be a job that silently never does its work. */
export function scheduleProblems(tasks: readonly MaintenanceTask[], options: Given): ConfigProblem[] {
  const given = withoutPrototype(Object(options['schedule']) as Given);
  return tasks
    .filter((task) => typeof given[task.scheduleOption] === 'string' && !isConfigured(task, options))
    .map(({ scheduleOption, needs }) => ({
      path: `schedule.${scheduleOption}`,
      received: describeValue(given[scheduleOption]),
      accepted: `false, or an expression together with ${needs?.words}`,
    }));
}

/** The schedule of a task; undefined when it is left to manual runs. */
export function scheduleOf(settings: CompleteScheduleSettings, scheduleOption: string): CronSchedule | undefined {
  const text = settings[scheduleOption];
  return typeof text === 'string' ? new CronSchedule(text, settings.timeZone) : undefined;
}

/** Says who decided when a task runs by itself, or that it does not. @param given the `schedule` option as it came */
export function scheduleDecision(
  { scheduleOption, needs }: MaintenanceTask,
  given: object | undefined,
  isOn: boolean,
): string {
  const own = withoutPrototype((given ?? {}) as Given)[scheduleOption];
  if (isOn) {
    return own === undefined ? 'by default' : `as schedule.${scheduleOption} says`;
  }
  return own === undefined && needs !== undefined
    ? `as it needs ${needs.words}`
    : `as schedule.${scheduleOption} is false`;
}

function isConfigured({ needs, settings }: MaintenanceTask, options: Given): boolean {
  return needs === undefined || needs.isMet(options[settings.name] as object | undefined);
}

function scheduleProblem(text: string, zone: string): string | undefined {
  try {
    return new CronSchedule(text, zone).expression === text ? undefined : 'it cannot be read';
  } catch (error) {
    return errorMessage(error).replace(/\. .*$/s, '');
  }
}
