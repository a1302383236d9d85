import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { AgentHeartbeatService, TenxyteMaintenanceModule } from '../src/index.js';

/** The module in a Nest application, whose ticks the benchmark gives itself. */
export interface HeartbeatApp {
  /** One tick of the schedule; answers the statements that it sent, each by its first words. */
  tick(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const FIRST_WORDS = /^\s*(\S+\s+\S+\s+\S+)/;

/** Boots it on a database. */
export async function heartbeatApp(url: string): Promise<HeartbeatApp> {
  const root = {
    module: class BenchModule {},
    imports: [
      ScheduleModule.forRoot(),
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
      TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: false, agentHeartbeat: '0 0 1 1 *' } }),
    ],
  };
  const context = await NestFactory.createApplicationContext(root, { logger: ['error'] });
  const service = context.get(AgentHeartbeatService);
  return {
    tick: () => recordingStatements(() => service.onTick()),
    close: () => context.close(),
  };
}

async function recordingStatements(work: () => Promise<void>): Promise<string[]> {
  const statements: string[] = [];
  const original: (...parameters: unknown[]) => unknown = Reflect.get(pg.Client.prototype, 'query');
  const recording = function (this: pg.Client, ...parameters: unknown[]): unknown {
    const [query] = parameters;
    const text = typeof query === 'string' ? query : String((query as { text?: string }).text);
    statements.push(FIRST_WORDS.exec(text)?.[1]?.replace(/\s+/g, ' ') ?? text);
    return original.apply(this, parameters);
  };
  pg.Client.prototype.query = recording as typeof pg.Client.prototype.query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
  }
  return statements;
}
