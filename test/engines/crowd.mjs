// A part of a crowd that wants the same slots: KIND `timers` is applications with timers of their own, `workers` is workers of BullMQ, COUNT of
// them in this process. DATABASE_URL is their database, MAINTENANCE_OPTIONS the module's options as JSON, REDIS_PORT and QUEUE where jobs are.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Worker } from 'bullmq';
import { maintenanceProcessor } from '../../dist/bullmq.js';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../../dist/index.js';

process.once('disconnect', () => process.exit());

const { DATABASE_URL: url, MAINTENANCE_OPTIONS: options = '{}', REDIS_PORT, QUEUE, KIND, COUNT } = process.env;
const isTimers = KIND === 'timers';

class Host {}
Module({
  imports: [
    ...(isTimers ? [ScheduleModule.forRoot()] : []),
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, poolSize: 2, retryAttempts: 0 }),
    TenxyteMaintenanceModule.forRoot({ isGlobal: true, ...JSON.parse(options) }),
  ],
})(Host);

for (let number = 0; number < Number(COUNT); number += 1) {
  const app = await NestFactory.createApplicationContext(Host, { abortOnError: false, logger: false });
  if (!isTimers) {
    const connection = { host: '127.0.0.1', port: Number(REDIS_PORT), maxRetriesPerRequest: null };
    new Worker(QUEUE, maintenanceProcessor(app.get(TenxyteMaintenanceService)), {
      connection,
      stalledInterval: 1_000,
      lockDuration: 2_000,
    }).on('error', () => undefined);
  }
}
process.send('ready');
