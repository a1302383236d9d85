import type { CronTime } from 'cron';

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;
/** A schedule that fires less often than every eight years is taken for one that never does, as `cron` itself does. */
const LONGEST_GAP_DAYS = 8 * 366;

/**
 * Looks back in the calendar of a cron expression, in UTC, which `cron` cannot: it only looks ahead, in steps that each take a tenth of
 * a millisecond and some memory, of which a slot a day takes dozens.
 */
export class CronCalendar {
  private readonly seconds: readonly number[];
  private readonly minutes: readonly number[];
  private readonly hours: readonly number[];
  private readonly daysOfMonth: ReadonlySet<number>;
  private readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  private readonly daysOfWeek: ReadonlySet<number>;

  public constructor(cronTime: CronTime) {
    this.seconds = largestFirst(allowed(cronTime, 'second'));
    this.minutes = largestFirst(allowed(cronTime, 'minute'));
    this.hours = largestFirst(allowed(cronTime, 'hour'));
    this.daysOfMonth = new Set(allowed(cronTime, 'dayOfMonth'));
    this.months = new Set(allowed(cronTime, 'month'));
    this.daysOfWeek = new Set(allowed(cronTime, 'dayOfWeek'));
  }

  /** The last instant that is not after `date`; undefined when there was none in eight years. */
  public latestAt(date: Date): Date | undefined {
    const today = Math.floor(date.getTime() / DAY_MS) * DAY_MS;
    for (let days = 0; days <= LONGEST_GAP_DAYS; days += 1) {
      const day = today - days * DAY_MS;
      const limit = days === 0 ? Math.floor((date.getTime() - today) / 1000) : DAY_SECONDS - 1;
      const second = this.hasDay(new Date(day)) ? this.latestSecond(limit) : undefined;
      if (second !== undefined) {
        return new Date(day + second * 1000);
      }
    }
    return undefined;
  }

  /** When both are restricted, a day of the month and a day of the week, either will do, as in every cron. */
  private hasDay(day: Date): boolean {
    const { daysOfMonth, months, daysOfWeek } = this;
    if (!months.has(day.getUTCMonth() + 1)) {
      return false;
    }
    const [isDayOfMonth, isDayOfWeek] = [daysOfMonth.has(day.getUTCDate()), daysOfWeek.has(day.getUTCDay())];
    const areBothRestricted = daysOfMonth.size < 31 && daysOfWeek.size < 7;
    return areBothRestricted ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
  }

  /** The last second of a day that the time fields allow, at most `limit`, both counted from midnight. */
  private latestSecond(limit: number): number | undefined {
    const { hours, minutes, seconds } = this;
    for (const hour of hours.filter((each) => each * 3600 <= limit)) {
      for (const minute of minutes.filter((each) => hour * 3600 + each * 60 <= limit)) {
        const start = hour * 3600 + minute * 60;
        const second = seconds.find((each) => start + each <= limit);
        if (second !== undefined) {
          return start + second;
        }
      }
    }
    return undefined;
  }
}

/** `cron` keeps each field as an object whose keys are the allowed numbers. */
function allowed(cronTime: CronTime, field: string): number[] {
  const numbers = Object.keys(Reflect.get(cronTime, field) as object).map(Number);
  if (numbers.length === 0 || numbers.some(Number.isNaN)) {
    throw new Error(`the field ${field} of the cron expression cannot be read`);
  }
  return numbers;
}

function largestFirst(numbers: readonly number[]): number[] {
  return numbers.toSorted((one, other) => other - one);
}
