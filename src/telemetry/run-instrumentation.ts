import { Inject, Injectable } from '@nestjs/common';
import type { ObservedRun } from '../contract/observed-run.js';
import { reportedError, type TaskReport } from '../contract/task-report.js';
import { RunLog } from './run-log.js';
import { RUN_TELEMETRY, type RunTelemetry } from './run-telemetry.js';

/** Watches over every run of every task: its log lines, its span and its metrics. */
@Injectable()
export class RunInstrumentation {
  public constructor(
    @Inject(RunLog) private readonly log: RunLog,
    @Inject(RUN_TELEMETRY) private readonly telemetry: RunTelemetry,
  ) {}

  /** Answers what `work` does, or throws what it throws. */
  public async during<Report extends TaskReport>(run: ObservedRun, work: () => Promise<Report>): Promise<Report> {
    const startedAt = performance.now();
    this.log.started(run);
    const report = await this.telemetry.duringRun(run, work).catch((error: unknown) => {
      this.log.threw(run, reportedError(error), performance.now() - startedAt);
      throw error;
    });
    this.log.ended(run, report);
    return report;
  }
}
