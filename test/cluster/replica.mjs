// One replica of a host application: DATABASE_URL is its database, MAINTENANCE_OPTIONS the module's options as JSON. It tells the
// process that started it, over their channel, when its code is loaded, waits to be told to boot, then tells when it is ready, of each
// run that begins or ends, and when it shuts down.
import { once } from 'node:events';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule } from '../../dist/index.js';

// The channel closes with the process at its other end, however that ends.
process.once('disconnect', () => process.exit());

class Replica {
  onModuleDestroy() {
    process.send({ kind: 'stopping' });
  }
}
Module({
  imports: [
    ScheduleModule.forRoot(),
    EventEmitterModule.forRoot(),
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      poolSize: 3,
      retryAttempts: 0,
    }),
    TenxyteMaintenanceModule.forRoot(JSON.parse(process.env.MAINTENANCE_OPTIONS ?? '{}')),
  ],
})(Replica);

process.send({ kind: 'loaded' });
await once(process, 'message');
const app = await NestFactory.createApplicationContext(Replica, { abortOnError: false });
app.enableShutdownHooks();
for (const kind of ['started', 'finished']) {
  app
    .get(EventEmitter2)
    .on(`tenxyte-maintenance.run.${kind}`, ({ runId, task, slot }) => process.send({ kind, runId, task, slot }));
}
process.send({ kind: 'ready' });
