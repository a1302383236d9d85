import { Inject, Injectable, Logger } from '@nestjs/common';
import { ActiveRuns } from '../active-runs.js';
import { askForTime, clockDifference, CLOCK_TOLERANCE_MS, type DatabaseTime, RunTime, WallClock } from '../clocks.js';
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
    @Inject(WallClock) public readonly clock: WallClock,
    @Inject(RunTime) public readonly time: RunTime,
  ) {}

  /** True while a task's slots are told by the database's clock; a tick by the application's ends that when both agree again. */
  public async tell(task: string): Promise<boolean> {
    const following = this.followed.get(task);
    if (following === undefined) {
      return false;
    }
    const compared = await askForTime(this, () => this.schedules.now()).catch(() => undefined);
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
    { now, onSlot }: { readonly now: DatabaseTime; readonly onSlot: (slot: Date) => void },
  ): boolean {
    const { leadMs } = now;
    if (Math.abs(leadMs) <= CLOCK_TOLERANCE_MS || this.followed.has(task)) {
      return false;
    }
    this.logger.warn(
      `The clock of this process is ${clockDifference(leadMs)}: ${task} goes by the database's until they agree`,
    );
    const ending = new AbortController();
    this.followed.set(task, ending);
    const signal = AbortSignal.any([ending.signal, this.activeRuns.closingSignal]);
    void this.activeRuns.track(this.tick(schedule, now, signal, onSlot));
    return true;
  }

  private async tick(
    schedule: CronSchedule,
    begin: DatabaseTime,
    signal: AbortSignal,
    onSlot: (slot: Date) => void,
  ): Promise<void> {
    let known: Pick<DatabaseTime, 'at' | 'readAt'> = begin;
    let date = new Date(begin.at);
    while (!signal.aborted) {
      const next = schedule.nextAfter(date);
      const passedMs = this.time.now() - known.readAt;
      const waitMs = next.getTime() - Date.parse(known.at) - passedMs;
      await this.time.sleep(Math.min(LONGEST_SLEEP_MS, Math.max(0, waitMs)), signal);
      known = await askForTime(this, () => this.schedules.now()).catch(() => known);
      // Counted on from what it was while the database cannot be asked.
      date = new Date(Date.parse(known.at) + this.time.now() - known.readAt);
      const slot = schedule.latestAt(date);
      if (!signal.aborted && slot !== undefined && slot >= next) {
        onSlot(slot);
      }
    }
  }
}
