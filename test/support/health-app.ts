import { Controller, Get, type INestApplication, Inject, type LoggerService } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BACKLOG_METER, type BacklogMeter } from '../../src/health/backlog-cache.js';
import {
  DatabaseClock,
  type Instant,
  type MaintenanceHealthOptions,
  TenxyteMaintenanceHealthIndicator,
  TenxyteMaintenanceModule,
} from '../../src/index.js';
import { Uptime, WallClock } from '../../src/tasks/clocks.js';

/** What the health endpoint answered. */
export interface HealthAnswer {
  readonly httpStatus: number;
  readonly body: HealthCheckResult;
}

/** An HTTP application with a health endpoint of Terminus. */
export interface HealthApp {
  readonly indicator: TenxyteMaintenanceHealthIndicator;
  /** What the endpoint asks the indicator, beside its key. */
  readonly asks: { options: MaintenanceHealthOptions };
  readonly ask: () => Promise<HealthAnswer>;
  close(): Promise<void>;
}

/** How to boot a {@link HealthApp}. */
export interface HealthAppSetup {
  readonly options: Parameters<typeof TenxyteMaintenanceModule.forRoot>[0];
  /** Stands in for the database's clock. */
  readonly now: () => Instant;
  readonly uptime: Pick<Uptime, 'seconds'>;
  /** @default the module's own */
  readonly meter?: BacklogMeter;
}

const SILENT: LoggerService = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Boots the application and listens on a free port of the loopback interface. */
export async function healthApp(url: string, setup: HealthAppSetup): Promise<HealthApp> {
  const asks: HealthApp['asks'] = { options: {} };

  @Controller('health')
  class HealthController {
    public constructor(
      @Inject(HealthCheckService) private readonly health: HealthCheckService,
      @Inject(TenxyteMaintenanceHealthIndicator) private readonly maintenance: TenxyteMaintenanceHealthIndicator,
    ) {}

    @Get()
    @HealthCheck()
    public async check(): Promise<HealthCheckResult> {
      return this.health.check([() => this.maintenance.isHealthy('maintenance', asks.options)]);
    }
  }

  const bootedAt = setup.now();
  const builder = Test.createTestingModule({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 }),
      TenxyteMaintenanceModule.forRoot(setup.options),
    ],
    controllers: [HealthController],
  })
    .setLogger(SILENT)
    .overrideProvider(DatabaseClock)
    .useValue({ now: async () => setup.now() })
    .overrideProvider(WallClock)
    .useValue({ now: () => new Date(bootedAt) })
    .overrideProvider(Uptime)
    .useValue(setup.uptime);
  if (setup.meter !== undefined) {
    builder.overrideProvider(BACKLOG_METER).useValue(setup.meter);
  }
  const moduleRef = await builder.compile();
  const application: INestApplication = moduleRef.createNestApplication({ logger: SILENT });
  await application.listen(0, '127.0.0.1');
  const endpoint = `${await application.getUrl()}/health`;
  return {
    indicator: application.get(TenxyteMaintenanceHealthIndicator),
    asks,
    ask: async () => {
      const response = await fetch(endpoint);
      return { httpStatus: response.status, body: (await response.json()) as HealthCheckResult };
    },
    close: () => application.close(),
  };
}
