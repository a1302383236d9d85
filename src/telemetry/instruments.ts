import type { Counter, Gauge, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import type { MetricDefinition } from './metric-definitions.js';

/** The instruments of one meter, each made when it is first used. */
export class Instruments {
  private readonly made = new Map<string, unknown>();

  public constructor(public readonly meter: Meter) {}

  public counter({ name, ...options }: MetricDefinition): Counter {
    return this.once(name, () => this.meter.createCounter(name, options));
  }

  public histogram({ name, ...options }: MetricDefinition): Histogram {
    return this.once(name, () => this.meter.createHistogram(name, options));
  }

  public gauge({ name, ...options }: MetricDefinition): Gauge {
    return this.once(name, () => this.meter.createGauge(name, options));
  }

  public observableGauge({ name, ...options }: MetricDefinition): ObservableGauge {
    return this.once(name, () => this.meter.createObservableGauge(name, options));
  }

  private once<Instrument>(name: string, make: () => Instrument): Instrument {
    const instrument = (this.made.get(name) as Instrument | undefined) ?? make();
    this.made.set(name, instrument);
    return instrument;
  }
}
