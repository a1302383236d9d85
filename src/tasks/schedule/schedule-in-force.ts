import { Inject, Injectable } from '@nestjs/common';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import type { Instant } from '../../database/instant.js';
import {
  IntervalSchedule,
  readSchedule,
  type RecordedSchedule,
  type RunSchedule,
  type ScheduledBy,
} from './run-schedule.js';
import {
  type CompleteScheduleSettings,
  expectationOf,
  GIVEN_SCHEDULE,
  SCHEDULE_SETTINGS,
} from './schedule-settings.js';

/**
 * Where a schedule comes from. `options`: this process's own options. `recorded`: as the application's replicas recorded it in the
 * database, asked on the command line without a schedule of its own. `none`: that, but none of them recorded any.
 */
export type ScheduleSource = 'options' | 'recorded' | 'none';

/** A task's schedule. */
export interface ScheduleInForce {
  readonly source: ScheduleSource;
  /** Who runs it; undefined without a schedule. */
  readonly by: ScheduledBy | undefined;
  /** Undefined when the task is left to manual runs, or when its schedule is not known. */
  readonly schedule: RunSchedule | undefined;
  /** Since when the replicas know it; null when none recorded it. */
  readonly since: Instant | null;
}

/** Tells which schedule a task has: the options' own, or else the one that the application's replicas recorded. */
@Injectable()
export class SchedulesInForce {
  public constructor(
    @Inject(SCHEDULE_SETTINGS) private readonly settings: CompleteScheduleSettings,
    @Inject(GIVEN_SCHEDULE) private readonly given: object | undefined,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
  ) {}

  /** True where the options are the application's: the command line knows those only when a config file gives them. */
  public get areOwn(): boolean {
    return this.environment === 'application' || this.given !== undefined;
  }

  /** @param recorded as the replicas recorded it; not looked at where the options are the application's, but for since when it is known */
  public of(
    { scheduleOption }: Pick<MaintenanceTask, 'scheduleOption'>,
    recorded: RecordedSchedule | null,
  ): ScheduleInForce {
    const found = this.areOwn ? expectationOf(this.settings, scheduleOption) : readable(recorded);
    const source = this.areOwn ? 'options' : recorded === null ? 'none' : 'recorded';
    return { source, by: found?.by, schedule: found?.schedule, since: recorded?.since ?? null };
  }
}

/** Another release may have recorded what this one cannot read. */
function readable(recorded: RecordedSchedule | null): Pick<ScheduleInForce, 'by' | 'schedule'> | undefined {
  try {
    return recorded === null
      ? undefined
      : { by: recorded.by, schedule: readSchedule(recorded.expression, recorded.timeZone) };
  } catch {
    return undefined;
  }
}

/**
 * A schedule in words, such as `At 03:00`; the expression itself when it cannot be put into any. The library is loaded once this is
 * called: most processes never ask.
 */
export async function describeSchedule(schedule: RunSchedule): Promise<string> {
  if (schedule instanceof IntervalSchedule) {
    return schedule.words;
  }
  const { expression } = schedule;
  const { default: cronstrue } = await import('cronstrue');
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
