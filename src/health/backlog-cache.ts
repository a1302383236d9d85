import { Inject, Injectable, Optional } from '@nestjs/common';
import type { BacklogReport } from '../cleanup/backlog/backlog-report.js';
import type { BacklogService } from '../cleanup/backlog/backlog.service.js';
import { type CompleteHealthSettings, HEALTH_SETTINGS } from '../status/health-settings.js';
import { Uptime } from '../tasks/clocks.js';

/** Measures how many rows are due in the targets of the cleanup. */
export type BacklogMeter = Pick<BacklogService, 'measure'>;

/** DI token of the {@link BacklogMeter}; without one the backlog is not looked at. */
export const BACKLOG_METER = Symbol('TENXYTE_MAINTENANCE_BACKLOG_METER');

/** Measures the backlog once for many probes: one measurement serves all that ask while it goes on and until it is too old. */
@Injectable()
export class BacklogCache {
  private latest: { readonly report: Promise<BacklogReport>; readonly begunAt: number } | undefined;

  public constructor(
    @Inject(HEALTH_SETTINGS) private readonly settings: CompleteHealthSettings,
    @Inject(Uptime) private readonly clock: Uptime,
    @Optional() @Inject(BACKLOG_METER) private readonly meter?: BacklogMeter,
  ) {}

  /** The backlog as estimated lately; undefined without a meter. A failed measurement is forgotten, so that the next probe tries again. */
  public async report(): Promise<BacklogReport | undefined> {
    if (this.meter === undefined) {
      return undefined;
    }
    const now = this.clock.seconds();
    if (this.latest === undefined || now - this.latest.begunAt >= this.settings.backlogMaxAgeSeconds) {
      this.latest = { report: this.measure(this.meter), begunAt: now };
    }
    return this.latest.report;
  }

  private async measure(meter: BacklogMeter): Promise<BacklogReport> {
    try {
      return await meter.measure({ exact: false });
    } catch (error) {
      this.latest = undefined;
      throw error;
    }
  }
}
