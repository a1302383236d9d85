// A process that does one run and is killed. DATABASE_URL is its database, RUNNER_METHOD the method of the service that it calls, and
// RUNNER_OPTIONS the module's options as JSON. It tells the process that started it, over their channel, when it is ready, waits to be told
// to begin, then tells how far it is after each batch, and the report. How far a cleanup is are the rows that it deleted; how far a rotation
// is, the secrets that it went through, those of the read-back on top.
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
    TenxyteMaintenanceModule.forRoot(JSON.parse(process.env.RUNNER_OPTIONS ?? '{}')),
  ],
})(Runner);

const app = await NestFactory.createApplicationContext(Runner, { abortOnError: false, logger: false });
process.send({ kind: 'ready' });
const [request] = await once(process, 'message');
let rotated = 0;
const toldBy = {
  cleanup: ({ rows }) => rows,
  rotateTotpKeys: ({ phase, secrets }) => {
    rotated = phase === 'rotating' ? secrets : rotated;
    return phase === 'rotating' ? secrets : rotated + secrets;
  },
};
const method = process.env.RUNNER_METHOD ?? 'cleanup';
const onProgress = (progress) =>
  process.send({ kind: 'progress', told: toldBy[method](progress), written: progress.written ?? 0 });
const report = await app.get(TenxyteMaintenanceService)[method]({ ...request, onProgress });
process.send({ kind: 'ended', report });
