// A process that does one cleanup and is killed. DATABASE_URL is its database, CLEANUP_OPTIONS the module's options as JSON. It tells the
// process that started it, over their channel, when it is ready, waits to be told to begin, then tells how many rows are deleted after each
// batch, and the report.
import { once } from 'node:events';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../../dist/index.js';

// The channel closes with the process at its other end, however that ends.
process.once('disconnect', () => process.exit());

class Runner {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      poolSize: 3,
      retryAttempts: 0,
    }),
    TenxyteMaintenanceModule.forRoot(JSON.parse(process.env.CLEANUP_OPTIONS ?? '{}')),
  ],
})(Runner);

const app = await NestFactory.createApplicationContext(Runner, { abortOnError: false, logger: false });
process.send({ kind: 'ready' });
const [request] = await once(process, 'message');
const onProgress = ({ rows }) => process.send({ kind: 'progress', rows });
const report = await app.get(TenxyteMaintenanceService).cleanup({ ...request, onProgress });
process.send({ kind: 'ended', report });
