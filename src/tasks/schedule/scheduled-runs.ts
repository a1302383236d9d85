import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BusyTask, ClaimOutcome, GrantedClaim, RunClaim, RunTrigger } from '../../contract/run-record.js';
import { reportedCode } from '../../database/sql-state.js';
import { errorMessage } from '../../errors/error-message.js';
import { withoutPrototype } from '../../validation/own-properties.js';
import { ActiveRuns } from '../active-runs.js';
import { RunRecorder } from '../runs/run-recorder.js';
import { RunsTable } from '../runs/runs-table.js';
import { type RunnableTask, TaskRunner } from '../task-runner.js';
import type { CronSchedule } from './cron-schedule.js';

/** A claim that meets another run, or no database, is tried again until half the time to the next slot is gone, or this long. */
const LONGEST_RETRY_MS = 60 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** Runs slots: one process in the whole cluster does, the others find the slot taken. */
@Injectable()
export class ScheduledRuns {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(TaskRunner) private readonly runner: TaskRunner,
    @Inject(RunRecorder) private readonly recorder: RunRecorder,
  ) {}

  /** Claims a slot and works on it; never throws, as nobody listens to a timer: failures are logged and recorded. */
  public async run({
    runnable,
    trigger,
    slot,
    schedule,
  }: {
    readonly runnable: RunnableTask;
    readonly trigger: RunTrigger;
    readonly slot: Date;
    readonly schedule: CronSchedule;
  }): Promise<void> {
    const claim = this.runner.claimFor(runnable.task.name, trigger, slot);
    await this.activeRuns.track(this.claimAndWork(claim, runnable, schedule));
  }

  private async claimAndWork(claim: RunClaim, runnable: RunnableTask, schedule: CronSchedule): Promise<void> {
    const granted = await this.granted(claim, schedule);
    if (granted !== undefined) {
      // Its error is logged, recorded and published by then.
      await this.runner.runClaimed(claim, granted, runnable, withoutPrototype({})).catch(() => undefined);
    }
  }

  private async granted(claim: RunClaim, schedule: CronSchedule): Promise<GrantedClaim | undefined> {
    try {
      const outcome = await this.claimWithRetries(claim, schedule);
      if (outcome?.kind === 'busy') {
        await this.skipSlot(claim, outcome);
      }
      return outcome?.kind === 'claimed' ? outcome : undefined;
    } catch (error) {
      this.logger.error(`${claim.task} of ${claim.slot?.toISOString()} could not be claimed: ${errorMessage(error)}`);
      return undefined;
    }
  }

  /** Undefined when the application shuts down first. */
  private async claimWithRetries(claim: RunClaim, schedule: CronSchedule): Promise<ClaimOutcome | undefined> {
    const timeoutMs = Math.min(LONGEST_RETRY_MS, (schedule.nextAfter(new Date()).getTime() - Date.now()) / 2);
    const giveUpAt = performance.now() + timeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      if (this.activeRuns.closingSignal.aborted) {
        return undefined;
      }
      const isLast = performance.now() + pauseMs > giveUpAt;
      const outcome = await this.attempt(claim, { isFirst: pauseMs === FIRST_PAUSE_MS, isLast });
      if (isLast || (outcome !== undefined && outcome.kind !== 'busy')) {
        return outcome;
      }
      await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: this.activeRuns.closingSignal }).catch(
        () => undefined,
      );
    }
  }

  private async attempt(
    claim: RunClaim,
    { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
  ): Promise<ClaimOutcome | undefined> {
    try {
      return await this.table.claim(claim);
    } catch (error) {
      if (isLast || reportedCode(error) === 'CLAIM_LOST') {
        throw error;
      }
      if (isFirst) {
        this.logger.warn(`${claim.task} could not be claimed and is tried again and again: ${errorMessage(error)}`);
      }
      return undefined;
    }
  }

  private async skipSlot(claim: RunClaim, { other }: BusyTask): Promise<void> {
    const message =
      `Run ${other.runId} of ${other.owner} still went on, since ${other.startedAt}. ` +
      'The next slot does the work; when this comes again, schedule the task less often.';
    const error = { code: 'ALREADY_RUNNING', message };
    if (await this.table.skip(claim, error)) {
      this.logger.warn(`${claim.task} of ${claim.slot?.toISOString()} was skipped. ${message}`);
      this.recorder.skipped(claim, { report: null, error });
    }
  }
}
