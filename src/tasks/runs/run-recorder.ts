import { Inject, Injectable, Logger } from '@nestjs/common';
import type { RunEvent, RunEvents, RunSkippedEvent } from '../../contract/run-events.js';
import type { RunClaim, RunEnd } from '../../contract/run-record.js';
import { errorMessage } from '../../errors/error-message.js';
import { MaintenanceEvents } from '../../telemetry/maintenance-events.js';
import { RunInstrumentation } from '../../telemetry/run-instrumentation.js';
import { RunTime } from '../clocks.js';
import { RunsTable } from './runs-table.js';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
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
  ) {}

  /** The claim itself is the record of the begin. */
  public begin(claim: RunClaim): void {
    this.events.emit('tenxyte-maintenance.run.started', runEvent(claim));
  }

  /** Never throws: the work is done whatever becomes of its record. A database that is away is asked again, then left to the lease. */
  public async end(claim: RunClaim, end: RunEnd): Promise<void> {
    await this.record(claim, end);
    const event = runEvent(claim);
    const { status, report, error } = end;
    this.events.emit('tenxyte-maintenance.run.finished', { ...event, status, report, error });
    if (status === 'failed') {
      this.events.emit('tenxyte-maintenance.run.failed', { ...event, report, error });
    }
    if (status === 'skipped') {
      this.events.emit('tenxyte-maintenance.run.skipped', { ...event, report, error });
    }
  }

  /** Publishes that a run was not made, as another one of its task went on. */
  public skipped(claim: RunClaim, why: Pick<RunSkippedEvent, 'report' | 'error'>): void {
    this.instrumentation.skipped({ ...runEvent(claim), isDryRun: false });
    this.events.emit('tenxyte-maintenance.run.skipped', { ...runEvent(claim), ...why });
  }

  private async record(claim: RunClaim, end: RunEnd): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!(await this.table.finish(claim.runId, end))) {
          this.logger.warn(`${claim.task} ${claim.runId} outlived its lease and is recorded as lost; it ${end.status}`);
        }
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) {
          this.logger.error(`The end of ${claim.task} ${claim.runId} could not be recorded: ${errorMessage(error)}`);
          return;
        }
      }
      await this.time.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), NEVER);
    }
  }
}

/** A run as its events tell of it. */
export function runEvent({ task, runId, trigger, slot }: RunClaim): RunEvent {
  return { task, runId, trigger, slot: slot?.toISOString() ?? null };
}
