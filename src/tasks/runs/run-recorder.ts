import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ObservedRun } from '../../contract/observed-run.js';
import type { RunClaim, RunEnd } from '../../contract/run-record.js';
import { errorMessage } from '../../errors/error-message.js';
import type { RunSkippedEvent } from '../../maintenance-event-map.js';
import { MaintenanceEvents } from '../../telemetry/maintenance-events.js';
import { RUN_TELEMETRY, type RunTelemetry } from '../../telemetry/run-telemetry.js';
import { RunTime } from '../clocks.js';
import { RunsTable } from './runs-table.js';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** A shutdown waits for the record, within its own limit. */
const NEVER = new AbortController().signal;

/** Gives word of the begin and the end of a run, and records the end. */
@Injectable()
export class RunRecorder {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(RunsTable) private readonly table: RunsTable,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents,
    @Inject(RUN_TELEMETRY) private readonly telemetry: RunTelemetry,
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
    this.events.emit('tenxyte-maintenance.run.finished', { ...event, ...end });
    if (status === 'failed') {
      this.events.emit('tenxyte-maintenance.run.failed', { ...event, report, error });
    }
    if (status === 'skipped') {
      this.events.emit('tenxyte-maintenance.run.skipped', { ...event, report, error });
    }
  }

  /** Gives word of a run that was not made, as another one of its task went on. */
  public skipped(claim: RunClaim, why: Pick<RunSkippedEvent, 'report' | 'error'>): void {
    this.telemetry.runSkipped(observedRun(claim));
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

/** A recorded run as its observers see it. */
export function observedRun(claim: RunClaim): ObservedRun {
  return { ...runEvent(claim), isDryRun: false };
}

function runEvent({ task, runId, trigger, slot }: RunClaim): Omit<ObservedRun, 'isDryRun'> {
  return { task, runId, trigger, slot: slot?.toISOString() ?? null };
}
