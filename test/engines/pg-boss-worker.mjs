// A worker of pg-boss in a host application: DATABASE_URL is its database, MAINTENANCE_OPTIONS the module's options as JSON, PG_BOSS the name of
// the pg-boss to use. It tells the process that started it when it is ready, and sends the jobs that it is told to.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../../dist/index.js';
import { maintenanceWork } from '../../dist/pg-boss.js';

process.once('disconnect', () => process.exit());

const { DATABASE_URL: url, MAINTENANCE_OPTIONS: options = '{}', PG_BOSS } = process.env;

class Host {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, poolSize: 3, retryAttempts: 0 }),
    TenxyteMaintenanceModule.forRoot({ isGlobal: true, ...JSON.parse(options) }),
  ],
})(Host);
const app = await NestFactory.createApplicationContext(Host, { abortOnError: false, logger: ['error'] });

const { PgBoss, default: byDefault } = await import(PG_BOSS);
// Jobs of workers that died are looked for each second; the option goes by the one name or the other.
const boss = new (PgBoss ?? byDefault)({
  connectionString: url,
  max: 3,
  maintenanceIntervalSeconds: 1,
  superviseIntervalSeconds: 1,
  monitorIntervalSeconds: 1,
});
boss.on('error', () => undefined);
await boss.start();
await boss.createQueue('cleanup');
await boss.work('cleanup', { pollingIntervalSeconds: 0.5 }, maintenanceWork(app.get(TenxyteMaintenanceService)));

process.on('message', async ({ data = {}, ...sendOptions }) =>
  process.send(await boss.send('cleanup', data, sendOptions)),
);
process.once('SIGTERM', async () => {
  await app.close();
  await boss.stop({ graceful: true, wait: true, timeout: 5_000 });
  process.exit();
});
process.send('ready');
