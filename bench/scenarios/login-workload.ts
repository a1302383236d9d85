import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import * as v from 'valibot';
import { startChild } from '../child.js';
import { cleanupApp } from '../cleanup-app.js';
import { report } from '../comparison.js';
import { onDatabase } from '../../test/support/on-database.js';
import { plainDelete } from '../plain-deletes.js';
import { seedDatabase } from '../../test/support/seed.js';
import { median } from '../statistics.js';
import type { BenchContext, Scenario } from './scenario.js';

const ALONE_MS = 6_000;
const TARGETS = ['refresh_tokens', 'login_attempts'] as const;
const resultSchema = v.object({ logins: v.number(), p50: v.number(), p99: v.number(), longest: v.number() });
type Latencies = v.InferOutput<typeof resultSchema>;

/** Four clients log in without pause, alone, beside the cleanup, and beside unbounded DELETE statements. */
export const loginWorkload: Scenario = async (context) => {
  const rows = Math.round(3_000_000 * context.scale);
  await seedDatabase(
    context.serverUrl,
    'seeded',
    TARGETS.map((table) => ({ table, rows, dueFraction: 0.5 })),
  );
  const alone: Latencies[] = [];
  const besideCleanup: Latencies[] = [];
  const besideDelete: Latencies[] = [];
  for (let round = 0; round < context.rounds; round += 1) {
    alone.push(await latenciesBeside(context, rows, idle));
    besideCleanup.push(await latenciesBeside(context, rows, clean));
    besideDelete.push(await latenciesBeside(context, rows, deleteAll));
  }
  await context.databases.drop('side');
  await context.databases.drop('seeded');
  return report({
    name: `p99 of a login (4 clients) beside the cleanup of ${(2 * rows) / 1e6} M rows, half due: against the p99 without cleanup`,
    unit: 'ms',
    baseline: alone.map(({ p99 }) => p99),
    measured: besideCleanup.map(({ p99 }) => p99),
    limit: 2,
    notes: [
      `beside one unbounded DELETE a table: p99 ${median(besideDelete.map(({ p99 }) => p99)).toFixed(1)} ms, ` +
        `ratio ${(median(besideDelete.map(({ p99 }) => p99)) / median(alone.map(({ p99 }) => p99))).toFixed(2)}`,
      `p50 alone ${show(alone, 'p50')}, beside the cleanup ${show(besideCleanup, 'p50')}, beside DELETE ${show(besideDelete, 'p50')}`,
      `longest alone ${show(alone, 'longest')}, beside the cleanup ${show(besideCleanup, 'longest')}, beside DELETE ${show(besideDelete, 'longest')}`,
      `logins alone ${show(alone, 'logins', '')}, beside the cleanup ${show(besideCleanup, 'logins', '')}`,
    ],
  });
};

function show(latencies: readonly Latencies[], figure: keyof Latencies, unit = ' ms'): string {
  return `${median(latencies.map((each) => each[figure])).toFixed(1)}${unit}`;
}

/** What runs beside the logins, made ready before they start. */
type Work = (url: string) => Promise<{ run(): Promise<unknown>; end(): Promise<unknown> }>;

async function latenciesBeside({ databases }: BenchContext, rows: number, prepare: Work): Promise<Latencies> {
  const url = await databases.freshCopy('seeded', 'side');
  await onDatabase(url, (client) => client.query(TARGETS.map((target) => `select count(*) from ${target}`).join(';')));
  const work = await prepare(url);
  const child = startChild('login-workload.child.ts', url, String(rows / 2), String(rows - 1));
  await child.ready;
  await work.run();
  child.finish();
  await work.end();
  return v.parse(resultSchema, await child.result);
}

const idle: Work = async () => ({ run: () => delay(ALONE_MS), end: async () => undefined });

const clean: Work = async (url) => {
  const app = await cleanupApp(url);
  return { run: () => app.cleanup({ only: TARGETS }), end: () => app.close() };
};

const deleteAll: Work = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const run = async (): Promise<void> => {
    for (const target of TARGETS) {
      await plainDelete(client, target);
    }
  };
  return { run, end: () => client.end() };
};
