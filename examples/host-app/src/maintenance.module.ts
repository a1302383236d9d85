import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule } from '@tenxyte/nestjs-maintenance';

/** The maintenance and its connection, and nothing else: what a command boots with `--app dist/maintenance.module.js`. */
@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({
      retention: { loginAttemptsDays: 90, auditLogDays: 730 },
      // This application only looks. Without this line both tasks run by themselves.
      schedule: { cleanup: false, agentHeartbeat: false },
    }),
  ],
})
export class MaintenanceModule {}
