import { Inject, Injectable, Logger } from '@nestjs/common';
import type { RunEvent, RunEvents, RunSkippedEvent } from '../../contract/run-events.js';
import type { BusyTask, RunClaim, RunEnd } from '../../contract/run-record.js';
import { failure } from '../../contract/task-report.js';
import { errorMessage } from '../../errors/error-message.js';
import { MaintenanceEvents } from '../../telemetry/maintenance-events.js';
import { RunInstrumentation } from '../../telemetry/run-instrumentation.js';
import { formatDuration } from '../../text/format.js';
import { RunTime } from '../clocks.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../coordination-settings.js';
import { otherRun } from '../run-endings.js';
import { withinTimeout } from '../../database/within-timeout.js';
import { STOP_SHARES } from '../stop-shares.js';
import { RunsTable } from './runs-table.js';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** Somebody waits for a run that ends for one of these. */
const HURRIED: readonly (string | null)[] = ['requested', 'signal', 'shutdown'];
/** A shutdown waits for the record, within its own limit. */
const NEVER = new AbortController().signal;

/** Publishes the begin and the end of a run, and records the end. */
@Injectable()
export class RunRecorder {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<RunEvents>,
    @Inject(RunInstrumentation) private readonly instrumentation: RunInstrumentation,
    @Inject(RunTime) private readonly time: RunTime,
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
  ) {}

  /** The claim itself is the record of the begin. */
  public begin(claim: RunClaim): void {
    this.events.emit('tenxyte-maintenance.run.started', runEvent(claim));
  }

  /**
   * Never throws: the work is done whatever becomes of its record. A database that is away is asked again, then left to the lease; the end
   * that is answered says so, and is no success.
   */
  public async end(claim: RunClaim, done: RunEnd): Promise<RunEnd> {
    const problem = await this.record(claim, done);
    const end = problem === undefined ? done : unrecorded(done, problem);
    const event = runEvent(claim);
    const { status, report, error } = end;
    this.events.emit('tenxyte-maintenance.run.finished', { ...event, status, report, error });
    if (status === 'failed') {
      this.events.emit('tenxyte-maintenance.run.failed', { ...event, report, error });
    }
    if (status === 'skipped') {
      this.events.emit('tenxyte-maintenance.run.skipped', { ...event, report, error });
    }
    return end;
  }

  /** Says that a run waits for another one of its task, so that nobody takes its silence for a hang. */
  public waits({ task }: RunClaim, busy: BusyTask, waitMs: number): void {
    this.logger.warn(`${task} waits for ${otherRun(busy)} to end, for ${formatDuration(waitMs)} at most`);
  }

  /** Publishes that a run was not made. */
  public skipped(claim: RunClaim, why: Pick<RunSkippedEvent, 'report' | 'error'>): void {
    this.instrumentation.skipped({ ...runEvent(claim), isDryRun: false });
    this.events.emit('tenxyte-maintenance.run.skipped', { ...runEvent(claim), ...why });
  }

  /** Answers why it is not recorded; undefined when it is. Beyond the lease, others are free to take the run for lost. */
  private async record({ task, runId }: RunClaim, end: RunEnd): Promise<string | undefined> {
    const { shutdownTimeoutMs, leaseSeconds } = this.settings;
    const stoppedMs = HURRIED.includes(end.stopReason) ? shutdownTimeoutMs * STOP_SHARES.record : shutdownTimeoutMs;
    const timeoutMs = end.stopReason === null ? leaseSeconds * 1000 : stoppedMs;
    const problemOfLate = `the database did not confirm it within ${timeoutMs} ms, and may record it yet`;
    const late = { isRecorded: false, problem: problemOfLate } as const;
    const { isRecorded, problem } = (await withinTimeout(this.attempt(runId, end), timeoutMs)) ?? late;
    if (isRecorded) {
      return undefined;
    }
    if (problem === undefined) {
      const outlived = `${task} ${runId} outlived its lease and is recorded as lost; it ${end.status}`;
      this.logger.warn(outlived);
      return outlived;
    }
    const unknown = `The end of ${task} ${runId} could not be recorded: ${problem}`;
    this.logger.error(unknown);
    return unknown;
  }

  /** Not recorded without a problem: the run was taken for lost. */
  private async attempt(
    runId: string,
    end: RunEnd,
  ): Promise<{ readonly isRecorded: boolean; readonly problem?: string }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { isRecorded: await this.table.finish(runId, end) };
      } catch (error) {
        if (attempt === ATTEMPTS) {
          return { isRecorded: false, problem: errorMessage(error) };
        }
      }
      await this.time.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), NEVER);
    }
  }
}

/** The end of a run of which nobody will read: its report is the only record, and has to say so. */
function unrecorded(end: RunEnd, problem: string): RunEnd {
  const status = end.status === 'succeeded' ? 'partial' : end.status;
  const error =
    end.error === null
      ? failure('END_NOT_RECORDED', problem)
      : { ...end.error, message: `${end.error.message}. ${problem}` };
  return { ...end, status, error, report: end.report && { ...end.report, status, error } };
}

/** A run as its events tell of it. */
export function runEvent({ task, runId, trigger, slot, force = false, startedBy = null }: RunClaim): RunEvent {
  return { task, runId, trigger, slot: slot?.toISOString() ?? null, force, startedBy };
}
