// Plain JavaScript on the built package, as the loader of TypeScript would take more memory than the cleanup.
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../dist/index.js';

const root = {
  module: class BenchModule {},
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.argv[2], autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: false, agentHeartbeat: false } }),
  ],
};
const context = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'] });
const { rows } = await context.get(TenxyteMaintenanceService).cleanup({ only: ['login_attempts'] });
await context.close();
console.log(JSON.stringify({ rows, peakKilobytes: process.resourceUsage().maxRSS }));
