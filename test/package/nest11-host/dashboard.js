require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { TypeOrmModule } = require('@nestjs/typeorm');
const { TenxyteMaintenanceModule } = require('@tenxyte/nestjs-maintenance');
const { TenxyteMaintenanceDashboardModule } = require('@tenxyte/nestjs-maintenance/dashboard');

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot(),
    TenxyteMaintenanceDashboardModule.forRoot({ guards: 'none', actor: () => 'Ann' }),
  ],
})(AppModule);

/** Looks at the overview, runs a cleanup as its form does, and looks at that. */
async function main() {
  const app = await NestFactory.create(AppModule, { logger: false });
  try {
    await app.listen(0, '127.0.0.1');
    const base = `${await app.getUrl()}/maintenance/`;
    const overview = await fetch(`${base}overview`);
    const headers = { 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' };
    const body = 'reason=on NestJS 11\r\n';
    const started = await fetch(`${base}run?task=cleanup`, { method: 'POST', redirect: 'manual', headers, body });
    const run = await fetch(base + started.headers.get('location'));
    const pages = [await overview.text(), await run.text()];
    console.log(JSON.stringify({ statuses: [overview.status, started.status, run.status], pages }));
  } finally {
    await app.close();
  }
}

void main();
