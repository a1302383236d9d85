import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { MaintenanceModule } from './maintenance.module.js';

@Module({ imports: [ScheduleModule.forRoot(), MaintenanceModule] })
export class AppModule {}
