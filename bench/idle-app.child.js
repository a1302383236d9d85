// Plain JavaScript on the built package, as a host in production runs it. Says when it is ready, then how much memory it takes at rest.
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';

const [url, variant] = process.argv.slice(2);
const imports = [ScheduleModule.forRoot(), TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true })];
if (variant === 'with') {
  const { TenxyteMaintenanceModule } = await import('../dist/index.js');
  imports.push(TenxyteMaintenanceModule.forRoot());
}
const context = await NestFactory.createApplicationContext(
  { module: class IdleApp {}, imports },
  { logger: ['error', 'warn'] },
);
const startUpMs = performance.now();
await delay(1000);
globalThis.gc();
const { rss } = process.memoryUsage();
await context.close();
console.log(JSON.stringify({ startUpMs, megabytes: rss / 1024 / 1024 }));
