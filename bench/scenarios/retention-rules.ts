import { readFileSync } from 'node:fs';
import type { RetentionRule } from '../../src/index.js';
import { onDatabase } from '../../test/support/on-database.js';
import { seedDatabase } from '../../test/support/seed.js';
import { cleanupApp } from '../cleanup-app.js';
import { report } from '../comparison.js';
import type { BenchContext, Scenario } from './scenario.js';

const TICK_MS = 10;
const RULES: readonly RetentionRule[] = ['login', 'logout', 'token_refresh', 'password_change', 'login_failed'].map(
  (action, index) => ({ target: 'audit_logs', actions: [action], days: 360 + index }),
);

/** A million audit logs, half of them due, under five rules by action: the CPU of the server's backends against a run without rules. */
export const retentionRules: Scenario = async (context) => {
  const rows = Math.round(1_000_000 * context.scale);
  await seedDatabase(context.serverUrl, 'seeded', [{ table: 'audit_logs', rows, dueFraction: 0.5 }]);
  const samples: Record<'none' | 'five', number[]> = { none: [], five: [] };
  for (let round = 0; round < context.rounds; round += 1) {
    samples.none.push(await backendMs(context, []));
    samples.five.push(await backendMs(context, RULES));
  }
  await context.databases.drop('side');
  await context.databases.drop('seeded');
  return report({
    name: 'audit_logs of 1 M rows, half due, five retention rules: against none',
    unit: 'ms of CPU',
    baseline: samples.none,
    measured: samples.five,
    limit: 1.3,
    notes: [],
  });
};

async function backendMs({ databases }: BenchContext, rules: readonly RetentionRule[]): Promise<number> {
  const url = await databases.freshCopy('seeded', 'side');
  await onDatabase(url, (client) => client.query('select count(*) from audit_logs'));
  const app = await cleanupApp(url, { retention: { rules } });
  const before = await cpuMs(url);
  await app.cleanup({ only: ['audit_logs'] });
  const spent = (await cpuMs(url)) - before;
  await app.close();
  return spent;
}

/** User and system time of all backends of a database; those of a pool live as long as it. */
async function cpuMs(url: string): Promise<number> {
  const pids = await onDatabase(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    return rows.map(({ pid }) => pid);
  });
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);
}
