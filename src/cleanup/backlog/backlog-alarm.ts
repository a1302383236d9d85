import { Inject, Injectable, Logger } from '@nestjs/common';
import { errorMessage } from '../../errors/error-message.js';
import { isAccident } from '../../errors/run-interrupted.error.js';
import type { ActiveRun } from '../../tasks/active-run.js';
import { MaintenanceEvents } from '../../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../../telemetry/maintenance-log.js';
import { countOf, formatDuration } from '../../text/format.js';
import type { BacklogReport } from './backlog-report.js';
import type { BacklogEvents, FallingBehindEvent } from './backlog.events.js';
import { BacklogService } from './backlog.service.js';

/** Publishes the cleanup targets that fall behind. */
@Injectable()
export class FallingBehindWatch {
  public constructor(
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<BacklogEvents>,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
  ) {}

  /** Emits an event and warns once for each target that falls behind. `runId` is that of the run before, null when there was none. */
  public look({ scheduleIntervalSeconds, targets }: BacklogReport, runId: string | null): void {
    for (const { name, isFallingBehind, oldestDueSince, oldestDueSeconds, dueRows, isEstimate } of targets) {
      if (isFallingBehind) {
        const event: Omit<FallingBehindEvent, 'event'> = {
          runId,
          target: name,
          oldestDueSince,
          oldestDueSeconds,
          scheduleIntervalSeconds,
          dueRows,
          isEstimate,
        };
        this.events.emit('tenxyte-maintenance.cleanup.falling-behind', event);
        this.log.write('warn', { text: warningOf(event), fields: { event: 'cleanup.falling-behind', ...event } });
      }
    }
  }
}

/** `cleanup falls behind on audit_logs: its oldest due row has been due for 74 h 0 min, … about 1,200 rows are due. …` */
function warningOf({
  target,
  oldestDueSeconds,
  scheduleIntervalSeconds,
  dueRows,
  isEstimate,
}: Omit<FallingBehindEvent, 'event'>): string {
  const age =
    oldestDueSeconds === null ? '' : `its oldest due row has been due for ${formatDuration(oldestDueSeconds * 1000)}`;
  const interval =
    scheduleIntervalSeconds === null ? '' : `a cleanup is due every ${formatDuration(scheduleIntervalSeconds * 1000)}`;
  const rows = dueRows === null ? '' : `${isEstimate ? 'about ' : ''}${countOf(dueRows, 'row')} due now`;
  const facts = [age, interval, rows].filter((fact) => fact !== '').join(', ');
  return `cleanup falls behind on ${target}: ${facts}. Look at the last runs of cleanup, or schedule it more often`;
}

/** Looks, after a scheduled cleanup, whether it falls behind: what is left then is what it could not do. */
@Injectable()
export class BacklogAlarm {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(BacklogService) private readonly backlog: BacklogService,
    @Inject(FallingBehindWatch) private readonly watch: FallingBehindWatch,
  ) {}

  /** Warns and emits an event for each target that falls behind. Never throws: not to know is no failure of the run. */
  public async lookAfter({ runId, stopReason }: Pick<ActiveRun, 'runId' | 'stopReason'>): Promise<void> {
    if (stopReason === 'shutdown' || isAccident(stopReason ?? null)) {
      return;
    }
    try {
      this.watch.look(await this.backlog.measure(), runId);
    } catch (error) {
      this.logger.warn(`Could not tell whether the cleanup falls behind: ${errorMessage(error)}`);
    }
  }
}
