import { Inject, Injectable } from '@nestjs/common';
import type { MeterProvider } from '@opentelemetry/api';
import { Instruments } from './instruments.js';
import { INSTRUMENTATION_SCOPE, OpenTelemetry } from './open-telemetry.js';

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
