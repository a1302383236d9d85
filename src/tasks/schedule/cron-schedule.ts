import { CronTime } from 'cron';
import { CronCalendar } from './cron-calendar.js';

const SECOND_MS = 1_000;
const LONGEST_GAP_MS = 8 * 366 * 86_400 * SECOND_MS;
/** Zones whose clock is UTC's. */
const UTC_ZONES: readonly string[] = ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT'];

/**
 * A cron expression in a time zone, and the instants it names. It uses the same library as the timers of `@nestjs/schedule`, so that
 * both always agree, on daylight saving too.
 */
export class CronSchedule {
  private readonly cronTime: CronTime;
  private readonly calendar: CronCalendar;

  /**
   * @param expression five fields from minutes to day of week, or six with seconds before them
   * @param timeZone an IANA name, such as `UTC` or `Europe/Berlin`
   * @throws {Error} saying what is wrong, also when the expression names no instant at all
   */
  public constructor(
    public readonly expression: string,
    public readonly timeZone: string,
  ) {
    this.cronTime = new CronTime(expression, timeZone);
    this.calendar = new CronCalendar(this.cronTime);
    if (this.calendar.latestAt(new Date()) === undefined) {
      throw new Error('It names no instant in eight years');
    }
  }

  /** The first instant after another. */
  public nextAfter(date: Date): Date {
    return this.cronTime.getNextDateFrom(date, this.timeZone).toJSDate();
  }

  /**
   * The last instant that is not after `date`: the slot of a tick that fires then, however late. Undefined when there was none in eight
   * years.
   */
  public latestAt(date: Date): Date | undefined {
    return UTC_ZONES.includes(this.timeZone) ? this.calendar.latestAt(date) : this.latestInZone(date);
  }

  /** Looks ahead from ever earlier, then halves the stretch that holds the instant down to its second. */
  private latestInZone(date: Date): Date | undefined {
    let before = date.getTime() - SECOND_MS;
    while (this.nextAfter(new Date(before)) > date) {
      before -= 2 * (date.getTime() - before);
      if (date.getTime() - before > LONGEST_GAP_MS) {
        return undefined;
      }
    }
    let after = date.getTime();
    while (after - before > SECOND_MS) {
      const middle = Math.floor((before + after) / 2);
      if (this.nextAfter(new Date(middle)) <= date) {
        before = middle;
      } else {
        after = middle;
      }
    }
    return this.nextAfter(new Date(before));
  }
}
