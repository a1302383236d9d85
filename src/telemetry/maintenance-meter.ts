import { Inject, Injectable } from '@nestjs/common';
import type { Meter, MeterProvider, MetricOptions } from '@opentelemetry/api';
import type { Metric, RecordMetric } from '../contract/metric.js';
import { INSTRUMENTATION_SCOPE, OpenTelemetry } from './open-telemetry.js';

type Attributes = Parameters<RecordMetric>[2];
type Instrument = (value: number, attributes: Attributes) => void;

/** Records metrics with the host's meter provider. */
@Injectable()
export class MaintenanceMeter {
  private provider: MeterProvider | undefined;
  private meter: Meter | undefined;
  private readonly instruments = new Map<string, Instrument>();

  public constructor(@Inject(OpenTelemetry) private readonly openTelemetry: OpenTelemetry) {}

  public readonly record: RecordMetric = (metric, value, attributes) => {
    this.use((meter) => {
      const instrument = this.instruments.get(metric.name) ?? instrumentOf(meter, metric);
      this.instruments.set(metric.name, instrument);
      instrument(value, attributes);
    });
  };

  /** Lets `work` use the host's meter. Never throws; does nothing without OpenTelemetry. */
  public use(work: (meter: Meter) => void): void {
    this.openTelemetry.use(({ metrics }) => {
      const provider = metrics.getMeterProvider();
      // An SDK that the host starts after the module was booted is found all the same.
      if (this.meter === undefined || provider !== this.provider) {
        this.provider = provider;
        this.meter = provider.getMeter(INSTRUMENTATION_SCOPE);
        this.instruments.clear();
      }
      work(this.meter);
    });
  }
}

/** The options that the API takes beside a metric's name. */
export function metricOptions({ description, unit, buckets }: Metric): MetricOptions {
  return {
    description,
    unit,
    ...(buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...buckets] } }),
  };
}

function instrumentOf(meter: Meter, metric: Metric): Instrument {
  const [name, options] = [metric.name, metricOptions(metric)];
  switch (metric.kind) {
    case 'counter': {
      const counter = meter.createCounter(name, options);
      return (value, attributes) => counter.add(value, attributes);
    }
    case 'histogram': {
      const histogram = meter.createHistogram(name, options);
      return (value, attributes) => histogram.record(value, attributes);
    }
    default: {
      const gauge = meter.createGauge(name, options);
      return (value, attributes) => gauge.record(value, attributes);
    }
  }
}
