import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import type { Attributes, BatchObservableResult, ObservableGauge } from '@opentelemetry/api';
import { DATA_SOURCE_NAME } from '../../database/maintenance-data-source.js';
import { errorMessage } from '../../errors/error-message.js';
import { withinTimeout } from '../../database/within-timeout.js';
import { MaintenanceMeter, metricOptions } from '../../telemetry/maintenance-meter.js';
import { RUN_ATTRIBUTES } from '../../telemetry/metric-definitions.js';
import { CLEANUP_ATTRIBUTES } from '../cleanup.metrics.js';
import type { BacklogReport, TargetBacklog } from './backlog-report.js';
import { BACKLOG_METRICS } from './backlog.metrics.js';
import type { BacklogService } from './backlog.service.js';

/** DI token of what measures the backlog for the gauges; without it there are none. */
export const BACKLOG_GAUGE_SOURCE = Symbol('TENXYTE_MAINTENANCE_BACKLOG_GAUGE_SOURCE');

/** A measurement is shown for this long before another one is made, however often the host's SDK asks. */
const SHOWN_FOR_MS = 60_000;
/** A reader is not kept waiting for longer; it is shown the measurement before, and the next one the new one. */
const TIMEOUT_MS = 5_000;

/** The value of a target that each gauge shows; null when it is not known. */
const READINGS = [
  { metric: BACKLOG_METRICS.dueRows, of: ({ dueRows }: TargetBacklog) => dueRows },
  { metric: BACKLOG_METRICS.oldestDue, of: ({ oldestDueSeconds }: TargetBacklog) => oldestDueSeconds },
  { metric: BACKLOG_METRICS.tableSize, of: ({ tableBytes }: TargetBacklog) => tableBytes },
  {
    metric: BACKLOG_METRICS.fallingBehind,
    of: ({ status, isFallingBehind }: TargetBacklog) => (status === 'measured' ? Number(isFallingBehind) : null),
  },
] as const;

/** Shows the backlog of each cleanup target to whatever reads the host's metrics. Nothing is measured while nobody reads. */
@Injectable()
export class BacklogGauges implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('TenxyteMaintenance');
  private shown: BacklogReport | undefined;
  private measuring: Promise<void> | undefined;
  private measuredAt = -Infinity;
  private unregister: () => void = () => undefined;

  public constructor(
    @Inject(MaintenanceMeter) private readonly meter: MaintenanceMeter,
    @Inject(DATA_SOURCE_NAME) private readonly dataSource: string,
    @Optional() @Inject(BACKLOG_GAUGE_SOURCE) private readonly source?: Pick<BacklogService, 'measure'>,
  ) {}

  public onApplicationBootstrap(): void {
    if (this.source === undefined) {
      return;
    }
    this.meter.use((meter) => {
      const gauges = READINGS.map(({ metric, of }) => ({
        gauge: meter.createObservableGauge(metric.name, metricOptions(metric)),
        of,
      }));
      const { holdsInForce } = BACKLOG_METRICS;
      const holds = meter.createObservableGauge(holdsInForce.name, metricOptions(holdsInForce));
      const observables = [...gauges.map(({ gauge }) => gauge), holds];
      const callback = (result: BatchObservableResult): Promise<void> => this.observe(result, gauges, holds);
      meter.addBatchObservableCallback(callback, observables);
      this.unregister = () => meter.removeBatchObservableCallback(callback, observables);
    });
  }

  /** Before TypeORM closes its connections. */
  public onModuleDestroy(): void {
    this.meter.use(() => this.unregister());
  }

  private async observe(
    result: BatchObservableResult,
    gauges: readonly { gauge: ObservableGauge; of: (backlog: TargetBacklog) => number | null }[],
    holds: ObservableGauge,
  ): Promise<void> {
    await withinTimeout(this.refresh(), TIMEOUT_MS);
    const { holdsInForce = null } = this.shown ?? {};
    if (holdsInForce !== null) {
      result.observe(holds, holdsInForce, this.ofImport());
    }
    for (const backlog of this.shown?.targets ?? []) {
      for (const { gauge, of } of gauges) {
        const value = of(backlog);
        if (value !== null) {
          result.observe(gauge, value, this.attributesOf(backlog));
        }
      }
    }
  }

  /** Two imports of the module, on two data sources, have the same targets. */
  private attributesOf({ name }: TargetBacklog): Attributes {
    return { [CLEANUP_ATTRIBUTES.target]: name, ...this.ofImport() };
  }

  private ofImport(): Attributes {
    return this.dataSource === 'default' ? {} : { [RUN_ATTRIBUTES.dataSource]: this.dataSource };
  }

  private async refresh(): Promise<void> {
    if (this.measuring === undefined && performance.now() - this.measuredAt >= SHOWN_FOR_MS) {
      this.measuring = this.measure().finally(() => {
        this.measuring = undefined;
      });
    }
    await this.measuring;
  }

  /**
   * A backlog that could not be measured is not shown, rather than an old one that looks well; an SDK may still show the last one it read.
   */
  private async measure(): Promise<void> {
    this.measuredAt = performance.now();
    try {
      this.shown = await this.source?.measure();
    } catch (error) {
      this.shown = undefined;
      this.logger.warn(`The backlog could not be measured for the metrics: ${errorMessage(error)}`);
    }
  }
}
