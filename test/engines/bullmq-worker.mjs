// A worker of BullMQ in a host application: DATABASE_URL is its database, MAINTENANCE_OPTIONS the module's options as JSON, REDIS_PORT and
// QUEUE where its jobs are, in that database where there is no REDIS_PORT. It tells the process that started it when it is ready.
import 'reflect-metadata';
import { BullModule, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createPostgresBackend, setDefaultBackendFactory } from 'bullmq';
import { Redis } from 'ioredis';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../../dist/index.js';
import { maintenanceProcessor } from '../../dist/bullmq.js';

process.once('disconnect', () => process.exit());

const { DATABASE_URL: url, MAINTENANCE_OPTIONS: options = '{}', REDIS_PORT, QUEUE } = process.env;

if (REDIS_PORT === undefined) {
  setDefaultBackendFactory(createPostgresBackend);
}
const connection =
  REDIS_PORT === undefined
    ? { connectionString: url, migrate: true, max: 3 }
    : new Redis(Number(REDIS_PORT), '127.0.0.1', { maxRetriesPerRequest: null });

class MaintenanceWorker extends WorkerHost {
  constructor(maintenance) {
    super();
    this.run = maintenanceProcessor(maintenance);
  }

  process(job, token, signal) {
    return this.run(job, token, signal);
  }

  onLockLost(jobIds) {
    jobIds.forEach((id) => this.worker.cancelJob(id, 'its lock was lost'));
  }
}
Reflect.defineMetadata('design:paramtypes', [TenxyteMaintenanceService], MaintenanceWorker);
Processor(QUEUE, { stalledInterval: 1_000, lockDuration: 2_000, concurrency: 1 })(MaintenanceWorker);
OnWorkerEvent('lockRenewalFailed')(
  MaintenanceWorker.prototype,
  'onLockLost',
  Object.getOwnPropertyDescriptor(MaintenanceWorker.prototype, 'onLockLost'),
);

class Host {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, poolSize: 3, retryAttempts: 0 }),
    TenxyteMaintenanceModule.forRoot({ isGlobal: true, ...JSON.parse(options) }),
    BullModule.forRoot({ connection }),
    BullModule.registerQueue({ name: QUEUE }),
  ],
  providers: [MaintenanceWorker],
})(Host);

const app = await NestFactory.createApplicationContext(Host, { abortOnError: false, logger: ['error'] });
app.enableShutdownHooks();
process.send('ready');
