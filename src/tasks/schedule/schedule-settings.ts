import * as v from 'valibot';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import { errorMessage } from '../../errors/error-message.js';
import type { ConfigProblem } from '../../errors/maintenance-config.error.js';
import { withoutPrototype } from '../../validation/own-properties.js';
import { withoutUndefined } from '../../validation/settings-section.js';
import { strictObject } from '../../validation/strict-object.js';
import { describeValue } from '../../validation/validation.js';
import { CronSchedule } from './cron-schedule.js';
import { IntervalSchedule, type RunSchedule, type ScheduledBy } from './run-schedule.js';

/** The treatment of a slot at which no replica ran. */
export type MissedRuns = 'run-once' | 'skip';

/**
 * When others than this module run a task: a job engine, whose workers call `runForEngine()`, or a scheduler outside, such as a CronJob that
 * starts the command line. No timer is started; status, health, backlog and doctor expect the runs. One of `expression` and
 * `expectedEvery` is given.
 */
export interface ExpectedRuns {
  /** A job engine, or a scheduler outside of the application. */
  readonly by: Exclude<ScheduledBy, 'timer'>;
  /** The cron expression that they are started by, in `schedule.timeZone`. @default none, with `expectedEvery` */
  readonly expression?: string;
  /**
   * How long after one run the next one is expected: whole minutes, hours or days, such as `30m`, `6h` or `1d`, 366 days at most.
   * @default none, with `expression`
   */
  readonly expectedEvery?: string;
}

/** The schedule of a task, as it is given; false for manual runs alone. */
type ScheduleSetting = string | false | ExpectedRuns;

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
  Readonly<Record<string, ScheduleSetting>>;

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

const taskSchedule = v.custom<ScheduleSetting>(
  (value) => value === false || taskScheduleProblem(value) === undefined,
  ({ input }) => {
    const problem = taskScheduleProblem(input);
    return (
      'a cron expression of 5 or 6 fields, such as "0 3 * * *", { by: "engine" or "outside" } with an expression or with expectedEvery, ' +
      `such as "1d", or false${problem === undefined || problem === '' ? '' : ` (${problem})`}`
    );
  },
);

/** What is wrong with a schedule that is not false, an empty text where that needs no words; undefined when nothing is. */
function taskScheduleProblem(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return scheduleProblem(value, 'UTC');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return '';
  }
  const { by, expression, expectedEvery, ...others } = withoutPrototype(value) as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    return `${unknown} is no part of it`;
  }
  if (by !== 'engine' && by !== 'outside') {
    return `by is ${describeValue(by)}`;
  }
  if ((expression === undefined) === (expectedEvery === undefined)) {
    return expression === undefined ? 'neither expression nor expectedEvery is given' : 'both are given';
  }
  if (expectedEvery === undefined) {
    return typeof expression === 'string'
      ? scheduleProblem(expression, 'UTC')
      : `expression is ${describeValue(expression)}`;
  }
  const every = typeof expectedEvery === 'string' ? expectedEvery : '';
  const problem = problemOf(() => new IntervalSchedule(every, 'UTC'), `@every ${every}`);
  return problem && `expectedEvery is ${describeValue(expectedEvery)}: ${problem}`;
}

/** The schema of the `schedule` option. */
export function scheduleSettingsSchema(tasks: readonly MaintenanceTask[]): v.GenericSchema {
  return strictObject(
    {
      timeZone: v.optional(timeZone),
      ...Object.fromEntries(tasks.map(({ scheduleOption }) => [scheduleOption, v.optional(taskSchedule)])),
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

/** A schedule for a task that could do nothing would be a job that silently never does its work. */
export function scheduleProblems(tasks: readonly MaintenanceTask[], options: Given): ConfigProblem[] {
  const given = withoutPrototype(Object(options['schedule']) as Given);
  return tasks
    .filter((task) => isGiven(given[task.scheduleOption]) && !isConfigured(task, options))
    .map(({ scheduleOption, needs }) => ({
      path: `schedule.${scheduleOption}`,
      received: describeValue(given[scheduleOption]),
      accepted: `false, or a schedule together with ${needs?.words}`,
    }));
}

/** The schedule of a task's timer; undefined when it has none. */
export function timerOf(settings: CompleteScheduleSettings, scheduleOption: string): CronSchedule | undefined {
  const text = settings[scheduleOption];
  return typeof text === 'string' ? new CronSchedule(text, settings.timeZone) : undefined;
}

/** When runs of a task are expected, and of whom; undefined when it is left to manual runs. */
export function expectationOf(
  settings: CompleteScheduleSettings,
  scheduleOption: string,
): { readonly by: ScheduledBy; readonly schedule: RunSchedule } | undefined {
  const timer = timerOf(settings, scheduleOption);
  if (timer !== undefined) {
    return { by: 'timer', schedule: timer };
  }
  const given = settings[scheduleOption];
  if (!isGiven(given)) {
    return undefined;
  }
  const { by, expression, expectedEvery = '' } = withoutPrototype(given as ExpectedRuns);
  const { timeZone: zone } = settings;
  const schedule =
    expression === undefined ? new IntervalSchedule(expectedEvery, zone) : new CronSchedule(expression, zone);
  return { by, schedule };
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

function isGiven(schedule: unknown): boolean {
  return schedule !== undefined && schedule !== false;
}

function isConfigured({ needs, settings }: MaintenanceTask, options: Given): boolean {
  return needs === undefined || needs.isMet(options[settings.name] as object | undefined);
}

function scheduleProblem(text: string, zone: string): string | undefined {
  return problemOf(() => new CronSchedule(text, zone), text);
}

function problemOf(read: () => RunSchedule, expression: string): string | undefined {
  try {
    return read().expression === expression ? undefined : 'it cannot be read';
  } catch (error) {
    return errorMessage(error).replace(/\. .*$/s, '');
  }
}
