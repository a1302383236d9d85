import type { Instant } from '../../database/instant.js';
import { CronSchedule } from './cron-schedule.js';

/** Who runs a task when it is due: the timers of this module, a job engine, or a scheduler outside of the application. */
export type ScheduledBy = 'timer' | 'engine' | 'outside';

/** Who else runs a task, in words. */
export const RUN_BY = { engine: 'by a job engine', outside: 'from outside' } as const;

/** When runs of a task are expected. */
export interface RunSchedule {
  /** A cron expression, or `@every 1d`. */
  readonly expression: string;
  /** An IANA name. */
  readonly timeZone: string;
  /** When the next run is expected after one at `date`. */
  nextAfter(date: Date): Date;
  /** The last time not after `date` at which a run was expected; undefined where that depends on the runs alone, or lies years back. */
  latestAt(date: Date): Date | undefined;
}

/** A schedule as the replicas recorded it. */
export interface RecordedSchedule {
  readonly by: ScheduledBy;
  readonly expression: string;
  readonly timeZone: string;
  readonly since: Instant;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_WORDS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day' };
const LONGEST_MS = 366 * 86_400_000;
const EVERY = '@every ';

/** Runs that are expected so long after one another, whenever they begin, such as `30m`, `6h` or `1d`. */
export class IntervalSchedule implements RunSchedule {
  private readonly everyMs: number;
  /** In words, such as `Every 6 hours`. */
  public readonly words: string;

  /** @throws {Error} when it is no such time, or not within a minute and 366 days */
  public constructor(
    public readonly every: string,
    public readonly timeZone: string,
  ) {
    const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(every) ?? [];
    this.everyMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
    if (!(this.everyMs <= LONGEST_MS)) {
      throw new Error('it is no time such as "30m", "6h" or "1d", of 366 days at most');
    }
    this.words = count === '1' ? `Every ${UNIT_WORDS[unit]}` : `Every ${count} ${UNIT_WORDS[unit]}s`;
  }

  public get expression(): string {
    return `${EVERY}${this.every}`;
  }

  public nextAfter(date: Date): Date {
    return new Date(date.getTime() + this.everyMs);
  }

  public latestAt(): undefined {
    return undefined;
  }
}

/**
 * Reads what {@link RunSchedule.expression} says.
 *
 * @throws {Error} saying what is wrong
 */
export function readSchedule(expression: string, timeZone: string): RunSchedule {
  return expression.startsWith(EVERY)
    ? new IntervalSchedule(expression.slice(EVERY.length), timeZone)
    : new CronSchedule(expression, timeZone);
}
