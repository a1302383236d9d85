import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { BusyTask, ClaimOutcome, PausedClaim, RunClaim, RunTrigger } from '../../contract/run-record.js';
import { failure, type ReportedError } from '../../contract/task-report.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { reportedCode } from '../../database/sql-state.js';
import { errorMessage } from '../../errors/error-message.js';
import { pauseText } from '../../text/run-line.js';
import { withoutPrototype } from '../../validation/own-properties.js';
import { ActiveRuns } from '../active-runs.js';
import { askForTime, type DatabaseTime, RunTime, WallClock } from '../clocks.js';
import { RunClaims } from '../run-claims.js';
import { RunRecorder } from '../runs/run-recorder.js';
import { RunsSchema } from '../runs/runs-schema.js';
import { RunsTable } from '../runs/runs-table.js';
import { type RunnableTask, TaskRunner } from '../task-runner.js';
import type { CronSchedule } from './cron-schedule.js';

/** A claim that meets another run, or no database, is tried again until half the time to the next slot is gone, or this long. */
const LONGEST_RETRY_MS = 60 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** A claim that had to wait for a connection is still made after so long, however soon the next slot comes. */
const LEAST_TIMEOUT_MS = 1_000;

const NO_CONNECTION = failure(
  'NO_CONNECTION',
  'No connection to the database was free in time. The next slot does the work',
);

type TimedOutcome = ClaimOutcome & DatabaseTime;

/** Runs slots: one process in the whole cluster does, the others find the slot taken. */
@Injectable()
export class ScheduledRuns {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(TaskRunner) private readonly runner: TaskRunner,
    @Inject(RunClaims) private readonly claims: RunClaims,
    @Inject(RunRecorder) private readonly recorder: RunRecorder,
    @Inject(WallClock) public readonly clock: WallClock,
    @Inject(RunTime) public readonly time: RunTime,
  ) {}

  /**
   * Claims a slot and works on it; never throws, as nobody listens to a timer: failures are logged and recorded. Answers the database's
   * time at the claim, undefined when it was not reached.
   */
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
  }): Promise<DatabaseTime | undefined> {
    const claim = this.claims.claimFor(runnable.task.name, trigger, slot);
    return this.activeRuns.track(this.claimAndWork(claim, runnable, schedule));
  }

  private async claimAndWork(
    claim: RunClaim,
    runnable: RunnableTask,
    schedule: CronSchedule,
  ): Promise<DatabaseTime | undefined> {
    const outcome = await this.outcomeOf(claim, schedule);
    if (outcome?.kind === 'claimed') {
      // Its error is logged, recorded and published by then.
      await this.runner.runClaimed(claim, outcome, runnable, withoutPrototype({})).catch(() => undefined);
    }
    return outcome;
  }

  private async outcomeOf(claim: RunClaim, schedule: CronSchedule): Promise<TimedOutcome | undefined> {
    try {
      const outcome = await this.claimWithRetries(claim, schedule);
      if (outcome === 'over') {
        await this.skipSlot(claim, NO_CONNECTION);
      } else if (outcome?.kind === 'busy') {
        await this.skipSlot(claim, stillRunning(outcome));
      } else if (outcome?.kind === 'paused') {
        await this.skipSlot(claim, pausedNow(claim, outcome), 'log');
      }
      return outcome === 'over' ? undefined : outcome;
    } catch (error) {
      this.logger.error(`${claim.task} of ${claim.slot?.toISOString()} could not be claimed: ${errorMessage(error)}`);
      return undefined;
    }
  }

  /** Undefined when the application shuts down first; `over` when the slot had passed before there was a connection. */
  private async claimWithRetries(claim: RunClaim, schedule: CronSchedule): Promise<TimedOutcome | 'over' | undefined> {
    const slot = claim.slot ?? this.clock.now();
    const timeoutMs = Math.min(LONGEST_RETRY_MS, (schedule.nextAfter(slot).getTime() - slot.getTime()) / 2);
    const begunAt = this.time.now();
    const isOver = (): boolean => this.time.now() - begunAt > Math.max(timeoutMs, LEAST_TIMEOUT_MS);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      if (this.activeRuns.closingSignal.aborted) {
        return undefined;
      }
      const isLast = this.time.now() - begunAt + pauseMs > timeoutMs;
      const outcome = await this.attempt(claim, { isFirst: pauseMs === FIRST_PAUSE_MS, isLast, isOver });
      if (isLast || outcome === 'over' || (outcome !== undefined && outcome.kind !== 'busy')) {
        return outcome;
      }
      await this.time.sleep(pauseMs * (0.5 + Math.random() / 2), this.activeRuns.closingSignal);
    }
  }

  private async attempt(
    claim: RunClaim,
    { isFirst, isLast, isOver }: { isFirst: boolean; isLast: boolean; isOver: () => boolean },
  ): Promise<TimedOutcome | 'over' | undefined> {
    try {
      await this.schema.ensure();
      return await withQueryRunner(this.dataSource, async (queryRunner) => {
        await queryRunner.connect();
        return isOver() ? 'over' : askForTime(this, () => this.table.claim(claim, queryRunner));
      });
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

  private async skipSlot(claim: RunClaim, error: ReportedError, level: 'log' | 'warn' = 'warn'): Promise<void> {
    if (await this.table.skip(claim, error)) {
      this.logger[level](`${claim.task} of ${claim.slot?.toISOString()} was skipped. ${error.message}`);
      this.recorder.skipped(claim, { report: null, error });
    }
  }
}

function pausedNow({ task }: RunClaim, { pause }: PausedClaim): ReportedError {
  return failure('TASK_PAUSED', `${task} is ${pauseText(pause)}`);
}

function stillRunning({ other }: BusyTask): ReportedError {
  const message =
    `Run ${other.runId} of ${other.owner} still went on, since ${other.startedAt}. ` +
    'The next slot does the work; when this comes again, schedule the task less often.';
  return failure('ALREADY_RUNNING', message);
}
