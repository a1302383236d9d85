import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TenxyteMaintenanceService } from '@tenxyte/nestjs-maintenance';
import { AppModule } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
try {
  const report = await app.get(TenxyteMaintenanceService).cleanup({ dryRun: true });
  console.log(JSON.stringify(report, null, 2));
} finally {
  await app.close();
}
