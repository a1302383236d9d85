import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type * as OpenTelemetryApi from '@opentelemetry/api';
import { errorMessage } from '../errors/error-message.js';

/** Loads `@opentelemetry/api`; answers undefined where it is not installed. */
export type OpenTelemetryLoader = () => Promise<typeof OpenTelemetryApi | undefined>;

/** DI token of the {@link OpenTelemetryLoader}. */
export const OPEN_TELEMETRY_LOADER = Symbol('TENXYTE_MAINTENANCE_OPEN_TELEMETRY_LOADER');

/** Loads the host's own copy. A bundler takes it along where there is one, and allows within a `try` that there is none. */
export const loadOpenTelemetry: OpenTelemetryLoader = async () => {
  try {
    return await import('@opentelemetry/api');
  } catch {
    // An optional peer that is not installed.
    return undefined;
  }
};

/** The name of this package's tracer and meter. */
export const INSTRUMENTATION_SCOPE = '@tenxyte/nestjs-maintenance';

/** The API of OpenTelemetry, when the host has it. What reads it is up to the host's SDK; without one it does nothing. */
@Injectable()
export class OpenTelemetry implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');
  private api: typeof OpenTelemetryApi | undefined;
  private hasFailed = false;

  public constructor(@Inject(OPEN_TELEMETRY_LOADER) private readonly load: OpenTelemetryLoader) {}

  /** Loads the API, or goes without. */
  public async onModuleInit(): Promise<void> {
    this.api = await this.load();
  }

  /** Lets `work` use the API; undefined without one, and when `work` throws: the first time that is logged. */
  public use<Result>(work: (api: typeof OpenTelemetryApi) => Result): Result | undefined {
    try {
      return this.api === undefined ? undefined : work(this.api);
    } catch (error) {
      this.warnOnce(error);
      return undefined;
    }
  }

  private warnOnce(error: unknown): void {
    if (!this.hasFailed) {
      this.hasFailed = true;
      this.logger.warn(`OpenTelemetry threw, the runs go on without its metrics and spans: ${errorMessage(error)}`);
    }
  }
}
