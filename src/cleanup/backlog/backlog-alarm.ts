import { Inject, Injectable, Logger } from '@nestjs/common';
import { errorMessage } from '../../errors/error-message.js';
import { FallingBehindWatch } from './falling-behind-watch.js';
import type { ActiveRun } from '../../tasks/active-run.js';
import { BacklogService } from './backlog.service.js';

/** Looks, after a scheduled cleanup, whether it falls behind: what is left then is what it could not do. */
@Injectable()
export class BacklogAlarm {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(BacklogService) private readonly backlog: BacklogService,
    @Inject(FallingBehindWatch) private readonly watch: FallingBehindWatch,
  ) {}

  /** Warns and emits an event for each target that falls behind. Never throws: that it cannot be told is no failure of the run. */
  public async lookAfter({ runId, interruption }: Pick<ActiveRun, 'runId' | 'interruption'>): Promise<void> {
    if (interruption === 'shutdown' || interruption === 'lease-lost') {
      return;
    }
    try {
      this.watch.look(await this.backlog.measure(), runId);
    } catch (error) {
      this.logger.warn(`Whether the cleanup falls behind could not be found out: ${errorMessage(error)}`);
    }
  }
}
