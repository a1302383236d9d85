import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '@tenxyte/nestjs-maintenance';
import pg from 'pg';

class AppModule {}
Module({
  imports: [
    ScheduleModule.forRoot(),
    TypeOrmModule.forRoot({ type: 'postgres', driver: pg, url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({ schedule: { agentHeartbeat: false } }),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'], abortOnError: false });
try {
  const maintenance = app.get(TenxyteMaintenanceService);
  const { status, rows } = await maintenance.cleanup();
  const [{ schedule }] = (await maintenance.status()).tasks;
  console.log(JSON.stringify({ status, rows, schedule }));
} finally {
  await app.close();
}
