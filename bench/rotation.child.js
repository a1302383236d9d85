// Plain JavaScript on the built package, as the loader of TypeScript would take more memory than the rotation.
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../dist/index.js';

const [, , url, ...keys] = process.argv;
const root = {
  module: class BenchModule {},
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({
      totp: { keys },
      schedule: { cleanup: false, agentHeartbeat: false, totpKeyRotation: false },
    }),
  ],
};
const context = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'] });
const maintenance = context.get(TenxyteMaintenanceService);
await maintenance.rotateTotpKeys({ dryRun: true });
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const { rotated, safeToRetirePreviousKeys } = await maintenance.rotateTotpKeys();
const durationMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuBefore);
await context.close();
console.log(
  JSON.stringify({
    rotated,
    safeToRetirePreviousKeys,
    durationMs,
    cpuMs: (user + system) / 1_000,
    peakKilobytes: process.resourceUsage().maxRSS,
  }),
);
