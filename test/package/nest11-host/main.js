require('reflect-metadata');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { ScheduleModule, SchedulerRegistry } = require('@nestjs/schedule');
const { HealthCheckService, TerminusModule } = require('@nestjs/terminus');
const { TypeOrmModule } = require('@nestjs/typeorm');
const {
  TenxyteMaintenanceHealthIndicator,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} = require('@tenxyte/nestjs-maintenance');

class AppModule {}
Module({
  imports: [
    ScheduleModule.forRoot(),
    TerminusModule.forRoot({ logger: false }),
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: '0 4 * * *', agentHeartbeat: false } }),
  ],
})(AppModule);

/** The jobs that are at work, each with its schedule. */
function activeJobs(registry) {
  return [...registry.getCronJobs()]
    .filter(([, { isActive }]) => isActive)
    .map(([name, { cronTime }]) => `${name} ${cronTime.source} ${cronTime.timeZone}`);
}

/** Every copy of Nest and TypeORM that was loaded, whoever asked for it, as `name@version`. */
function loadedFrameworks() {
  const roots = Object.keys(require.cache).flatMap(
    (file) => /^.*[\\/]node_modules[\\/](?:@nestjs[\\/][^\\/]+|typeorm)(?=[\\/])/.exec(file) ?? [],
  );
  return [...new Set(roots)].map((root) => {
    const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    return `${name}@${version}`;
  });
}

async function main() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
  try {
    const report = await app.get(TenxyteMaintenanceService).cleanup();
    const packageDirectory = path.dirname(require.resolve('@tenxyte/nestjs-maintenance/package.json'));
    const jobs = activeJobs(app.get(SchedulerRegistry, { strict: false }));
    const indicator = app.get(TenxyteMaintenanceHealthIndicator);
    const health = await app.get(HealthCheckService).check([() => indicator.isHealthy('maintenance')]);
    console.log(JSON.stringify({ packageDirectory, frameworks: loadedFrameworks(), jobs, report, health }, null, 2));
  } finally {
    await app.close();
  }
}

void main();
