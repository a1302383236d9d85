import { Inject, Injectable, Logger } from '@nestjs/common';
import { ActiveRuns } from '../active-runs.js';
import { askForTime, clockDifference, CLOCK_TOLERANCE_MS, RunTime, WallClock } from '../clocks.js';
import type { CronSchedule } from './cron-schedule.js';
import { SchedulesTable } from './schedules-table.js';

/** The two clocks are compared anew after so long at the latest; timers cannot wait for longer than 24 days anyway. */
const LONGEST_SLEEP_MS = 60 * 60_000;

/** Tells the slots of a schedule by the database's clock, in place of timers that follow another one. */
@Injectable()
export class DatabaseTicks {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly followed = new Map<string, AbortController>();

  public constructor(
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(SchedulesTable) private readonly schedules: SchedulesTable,
    @Inject(WallClock) private readonly clock: WallClock,
    @Inject(RunTime) private readonly time: RunTime,
  ) {}

  /** True while a task's slots are told by the database's clock; a tick by the application's ends that when both agree again. */
  public async tell(task: string): Promise<boolean> {
    const following = this.followed.get(task);
    if (following === undefined) {
      return false;
    }
    const compared = await askForTime(this.clock, () => this.schedules.now()).catch(() => undefined);
    if (compared === undefined || Math.abs(compared.leadMs) > CLOCK_TOLERANCE_MS) {
      return true;
    }
    following.abort();
    this.followed.delete(task);
    this.logger.log(`The clock of this process agrees with the database's again: ${task} goes by it`);
    return false;
  }

  /**
   * Calls `onSlot` at each slot by the database's clock until the application shuts down or the clocks agree. False when they do, or when
   * it does so already.
   */
  public follow(
    task: string,
    schedule: CronSchedule,
    { leadMs, onSlot }: { readonly leadMs: number; readonly onSlot: (slot: Date) => void },
  ): boolean {
    if (Math.abs(leadMs) <= CLOCK_TOLERANCE_MS || this.followed.has(task)) {
      return false;
    }
    this.logger.warn(
      `The clock of this process is ${clockDifference(leadMs)}: ${task} goes by the database's until they agree`,
    );
    const ending = new AbortController();
    this.followed.set(task, ending);
    const signal = AbortSignal.any([ending.signal, this.activeRuns.closingSignal]);
    void this.activeRuns.track(this.tick(schedule, signal, onSlot));
    return true;
  }

  private async tick(schedule: CronSchedule, signal: AbortSignal, onSlot: (slot: Date) => void): Promise<void> {
    let now = await this.now();
    while (!signal.aborted) {
      const next = schedule.nextAfter(now.date);
      await this.time.sleep(Math.min(LONGEST_SLEEP_MS, next.getTime() - now.date.getTime()), signal);
      now = await this.now(now);
      const slot = schedule.latestAt(now.date);
      if (!signal.aborted && slot !== undefined && slot >= next) {
        onSlot(slot);
      }
    }
  }

  /** The database's time; counted on from what it was while it cannot be asked. */
  private async now(last?: Reading): Promise<Reading> {
    const readAt = this.time.now();
    try {
      return { readAt, date: new Date((await this.schedules.now()).at) };
    } catch {
      const date = last === undefined ? this.clock.now() : new Date(last.date.getTime() + readAt - last.readAt);
      return { readAt, date };
    }
  }
}

/** The database's time, and that of the run's clock at that moment. */
interface Reading {
  readonly date: Date;
  readonly readAt: number;
}
