import { Inject, Injectable } from '@nestjs/common';
import type { Counter, Gauge, Histogram, Meter, MeterProvider, ObservableGauge } from '@opentelemetry/api';
import type { MetricDefinition } from './metric-definitions.js';
import { INSTRUMENTATION_SCOPE, OpenTelemetry } from './open-telemetry.js';

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

/** Gives the instruments of the host's meter provider. */
@Injectable()
export class MaintenanceMeter {
  private provider: MeterProvider | undefined;
  private instruments: Instruments | undefined;

  public constructor(@Inject(OpenTelemetry) private readonly openTelemetry: OpenTelemetry) {}

  /** Lets `work` use the instruments. Never throws; does nothing without OpenTelemetry. */
  public record(work: (instruments: Instruments) => void): void {
    this.openTelemetry.use(({ metrics }) => {
      const provider = metrics.getMeterProvider();
      // An SDK that the host starts after the module was booted is found all the same.
      if (this.instruments === undefined || provider !== this.provider) {
        this.provider = provider;
        this.instruments = new Instruments(provider.getMeter(INSTRUMENTATION_SCOPE));
      }
      work(this.instruments);
    });
  }
}
