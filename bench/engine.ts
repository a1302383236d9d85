import 'reflect-metadata';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type BullMqJob, maintenanceProcessor } from '../src/engines/bullmq.js';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../src/index.js';
import { hasRedis, startRedis } from '../test/engines/redis.js';
import { seedDatabase } from '../test/support/seed.js';
import { urlOfDatabase } from '../test/support/server.js';
import { report } from './comparison.js';
import { startBenchServer } from './server.js';
import { timed } from './statistics.js';

/** As much of BullMQ as is used here. It stands in a folder of its own, which npm installs for those who ask: see the script. */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => Closing & {
    add(name: string, data: object, options: object): Promise<{ waitUntilFinished(events: object): Promise<unknown> }>;
  };
  readonly QueueEvents: new (name: string, options: object) => Closing & { waitUntilReady(): Promise<unknown> };
  readonly Worker: new (
    name: string,
    processor: (job: BullMqJob, token: string | undefined, signal: AbortSignal | undefined) => Promise<unknown>,
    options: object,
  ) => Closing;
}

interface Closing {
  close(): Promise<unknown>;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, jobs: { type: 'string', default: '30' } },
});
const rounds = Number(values.rounds);
const jobs = Number(values.jobs);
const DATABASE = 'bench_engine';
const QUEUES = ['bare', 'processor', 'taken'] as const;
/** Each job of the processor has a slot of its own, in the past. */
const FIRST_SLOT = Date.UTC(2026, 0, 1);

if (!hasRedis()) {
  throw new Error('redis-server is not installed: it comes as the Debian package redis-server');
}
const require = createRequire(new URL('../test/engines/package.json', import.meta.url));
const { Queue, QueueEvents, Worker } = require('bullmq') as BullMq;

const server = await startBenchServer();
const redis = await startRedis();
await seedDatabase(server.url, DATABASE, []);
const root = {
  module: class BenchModule {},
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: urlOfDatabase(server.url, DATABASE), autoLoadEntities: true }),
    TenxyteMaintenanceModule.forRoot(),
  ],
};
const context = await NestFactory.createApplicationContext(root, { logger: ['error'] });
const maintenance = context.get(TenxyteMaintenanceService);
await maintenance.migrate();

const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
let slots = 0;
const slotOf = {
  bare: undefined,
  processor: () => new Date(FIRST_SLOT + slots * 60_000),
  taken: () => new Date(FIRST_SLOT),
};
const workers = [
  new Worker('bare', async () => maintenance.runTask('agent-heartbeat'), { connection }),
  new Worker('processor', maintenanceProcessor(maintenance, { slot: slotOf.processor }), { connection }),
  new Worker('taken', maintenanceProcessor(maintenance, { slot: slotOf.taken }), { connection }),
];
const queues = QUEUES.map((name) => ({
  queue: new Queue(name, { connection }),
  events: new QueueEvents(name, { connection }),
}));
await Promise.all(queues.map(({ events }) => events.waitUntilReady()));

/** Milliseconds for one job, of several one after the other. */
async function round(place: number): Promise<number> {
  const { queue, events } = queues[place] as (typeof queues)[number];
  const ms = await timed(async () => {
    for (let job = 0; job < jobs; job += 1) {
      slots += 1;
      const added = await queue.add('agent-heartbeat', {}, { removeOnComplete: true });
      await added.waitUntilFinished(events);
    }
  });
  return ms / jobs;
}

const samples: Readonly<Record<(typeof QUEUES)[number], number[]>> = { bare: [], processor: [], taken: [] };
try {
  for (let number = 0; number <= rounds; number += 1) {
    for (const [place, name] of QUEUES.entries()) {
      const ms = await round(place);
      // The first round warms up.
      if (number > 0) {
        samples[name].push(ms);
      }
    }
  }
  const isKept = [
    report({
      name: 'a job of BullMQ by the processor, its slot claimed, against one that calls the service',
      unit: 'ms',
      baseline: samples.bare,
      measured: samples.processor,
      limit: 1.15,
      notes: [`${rounds} rounds of ${jobs} jobs, one after the other; nothing to suspend, each run recorded`],
    }),
    report({
      name: 'a job whose slot was run already, against one that calls the service',
      unit: 'ms',
      baseline: samples.bare,
      measured: samples.taken,
      limit: 0.8,
      notes: ['what nineteen of twenty workers that want one slot pay'],
    }),
  ];
  process.exitCode = isKept.every(Boolean) ? 0 : 1;
} finally {
  await Promise.all(workers.map((worker) => worker.close()));
  await Promise.all(queues.flatMap(({ queue, events }) => [queue.close(), events.close()]));
  await context.close();
  await redis.stop();
  await server.stop();
}
