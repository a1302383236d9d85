import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule } from '@tenxyte/nestjs-maintenance';

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({ retention: { loginAttemptsDays: 90, auditLogDays: 365 } }),
  ],
})
export class AppModule {}
