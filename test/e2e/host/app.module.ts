import { Injectable, Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type RetentionPolicy, TenxyteMaintenanceModule } from '@tenxyte/nestjs-maintenance';
import { CronJob } from 'cron';

function fired(what: string): void {
  process.stderr.write(`FIRED ${what}\n`);
}

/** Everything that a host may have at work by itself. */
@Injectable()
export class Reports implements OnModuleInit, OnApplicationBootstrap {
  public constructor(private readonly registry: SchedulerRegistry) {}

  public onModuleInit(): void {
    const job = CronJob.from({ cronTime: '* * * * * *', onTick: () => fired('added job') });
    this.registry.addCronJob('added', job);
    job.start();
  }

  public onApplicationBootstrap(): void {
    setInterval(() => fired('worker'), 1).unref();
  }

  @Cron('* * * * * *', { name: 'reports' })
  public report(): void {
    fired('cron job');
  }

  @Interval('poll', 1)
  public poll(): void {
    fired('interval');
  }

  @Timeout('warm-up', 1)
  public warmUp(): void {
    fired('time-out');
  }
}

@Injectable()
export class Flags {
  public async getRetention(): Promise<RetentionPolicy> {
    return { auditLogDays: Number(process.env['AUDIT_LOG_DAYS']) };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env['HOST_DATABASE_URL'] ?? '',
      autoLoadEntities: true,
      retryAttempts: 0,
    }),
    TenxyteMaintenanceModule.forRoot({ retention: { useClass: Flags } }),
  ],
})
export class MaintenanceModule {}

@Module({ imports: [ScheduleModule.forRoot(), MaintenanceModule], providers: [Reports] })
export class AppModule {}
