import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule } from '@tenxyte/nestjs-maintenance';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({
      retention: { loginAttemptsDays: 90, auditLogDays: 365 },
      // This application only looks. Without this line both tasks run by themselves.
      schedule: { cleanup: false, agentHeartbeat: false },
    }),
  ],
})
export class AppModule {}
