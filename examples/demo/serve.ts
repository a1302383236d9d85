import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Client } from 'pg';
import type { CleanupReport, TenxyteMaintenanceService as Maintenance } from '../../src/index.js';
import { insertAgents } from '../../test/support/seed-agents.js';
import { onDatabase } from '../../test/support/on-database.js';
import { seedDatabase } from '../../test/support/seed.js';

/** The built package, which is not there yet where this is compiled. */
const built = (name: string): string => String(new URL(`../../dist/${name}.js`, import.meta.url));
const { TenxyteMaintenanceModule, TenxyteMaintenanceService } = (await import(
  built('index')
)) as typeof import('../../src/index.js');
const { TenxyteMaintenanceDashboardModule } = (await import(
  built('dashboard')
)) as typeof import('../../src/dashboard/index.js');

const TABLES = [
  { table: 'blacklisted_tokens', rows: 300_000, dueFraction: 0.3 },
  { table: 'magic_link_tokens', rows: 8_000, dueFraction: 0.2 },
  { table: 'otp_codes', rows: 26_000, dueFraction: 0.2 },
  { table: 'refresh_tokens', rows: 30_000, dueFraction: 0.3 },
  { table: 'login_attempts', rows: 240_000, dueFraction: 0.4 },
  { table: 'audit_logs', rows: 150_000, dueFraction: 0.3 },
] as const;
const RULES = [
  { target: 'audit_logs', actions: ['password_change'], days: 730 },
  { target: 'login_attempts', applicationIds: [7], days: 30 },
] as const;
/** As of the nights before this one. */
const NIGHTS = 6;

/** The dashboard of an application on loopback, over a database with several days behind it and a cleanup at work. */
export interface Served {
  /** Of the dashboard. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Seeds a database and serves the dashboard of it. @param port 0: any that is free */
export async function serveDashboard(
  serverUrl: string,
  database: string,
  databaseUrl: string,
  port = 0,
): Promise<Served> {
  await seedDatabase(serverUrl, database, TABLES);
  await onDatabase(databaseUrl, (client) => insertAgents(client, { agents: 200, overdueEvery: 50 }));

  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: databaseUrl, autoLoadEntities: true }),
      ScheduleModule.forRoot(),
      TenxyteMaintenanceModule.forRoot({
        retention: { rules: RULES },
        // Slow, so that there is something to watch; and a brake that has something to refuse.
        cleanup: {
          pauseBetweenBatchesMs: 900,
          targetBatchMs: 20,
          maxConnections: 1,
          maxFractionPerTarget: 0.35,
          lockTimeoutMs: 300,
        },
        dependencyScan: { cwd: process.cwd() },
        schedule: { missedRuns: 'skip', agentHeartbeat: '*/10 * * * *' },
      }),
      TenxyteMaintenanceDashboardModule.forRoot({ guards: 'none', path: 'maintenance', actor: () => 'Ann' }),
    ],
  })
  class DemoModule {}

  const app = await NestFactory.create(DemoModule, { logger: false });
  await app.listen(port, '127.0.0.1');
  const maintenance = app.get(TenxyteMaintenanceService);
  await onDatabase(databaseUrl, (client) => pastNights(client, maintenance));
  await maintenance.holds.place({
    caseRef: 'CASE-2041',
    reason: 'Subpoena of the district court, 14 March',
    placedBy: 'Dana (legal)',
    applicationId: 1,
    target: 'audit_logs',
    reviewAt: new Date(Date.now() + 90 * 86_400_000),
  });
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      await maintenance.cleanup({ actor: 'Ann', reason: 'ticket 4711: the disk fills up' });
      await onDatabase(databaseUrl, expireTokens);
    }
  };
  void work().catch(() => undefined);
  const close = async (): Promise<void> => {
    isOver = true;
    await app.close();
  };
  return { url: `${await app.getUrl()}/maintenance/overview`, close };
}

/** So that there is something to watch for as long as somebody looks. */
async function expireTokens(client: Client): Promise<void> {
  await client.query(
    `update blacklisted_tokens set expires_at = now() - interval '1 hour'
     where id in (select id from blacklisted_tokens order by id desc limit 60000)`,
  );
}

/** Real runs, moved to nights that are over: their rows are those of a table each, the last night's failed. */
async function pastNights(client: Client, maintenance: Maintenance): Promise<void> {
  const quick = ['otp_codes', 'magic_link_tokens'] as const;
  for (let night = NIGHTS; night > 0; night -= 1) {
    await client.query(
      `update otp_codes set expires_at = now() - interval '2 hours' where id in (select id from otp_codes order by id desc limit ${400 + 137 * night})`,
    );
    const report =
      night === 2 ? await failing(client, maintenance) : await maintenance.cleanup({ only: quick, force: true });
    await move(client, report.runId, `${night} days`, '03:00');
  }
  const scan = await maintenance.checkAgentHeartbeats({ force: true });
  await move(client, scan.runId, '1 day', '14:20');
  const rehearsal = await maintenance.cleanup({
    only: ['magic_link_tokens'],
    actor: 'Ben',
    reason: 'after the migration',
  });
  await move(client, rehearsal.runId, '3 days', '10:41', 'manual');
}

/** Somebody holds the tables for longer than the cleanup waits. */
async function failing(client: Client, maintenance: Maintenance): Promise<CleanupReport> {
  await client.query('begin');
  await client.query('lock table otp_codes in exclusive mode');
  const report = await maintenance.cleanup({ only: ['otp_codes'] });
  await client.query('rollback');
  return report;
}

async function move(client: Client, runId: string, ago: string, time: string, trigger = 'cron'): Promise<void> {
  await client.query(
    `with night as (select date_trunc('day', now()) - $2::interval + $3::time as at)
     update tenxyte_maintenance.runs as run
     set started_at = night.at, finished_at = night.at + (run.finished_at - run.started_at), trigger = $4, is_idle = false,
         slot = case when $4 = 'cron' then night.at end
     from night where run.id = $1`,
    [runId, ago, time, trigger],
  );
}
