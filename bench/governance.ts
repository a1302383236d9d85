import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { HoldPlanner } from '../src/holds/hold-planner.js';
import {
  LegalHoldService,
  type RetentionRule,
  TenxyteMaintenanceModule,
  type TenxyteMaintenanceOptions,
  TenxyteMaintenanceService,
} from '../src/index.js';
import { onDatabase } from '../test/support/on-database.js';
import { seedDatabase } from '../test/support/seed.js';
import { BenchDatabases } from './databases.js';
import { startBenchServer } from './server.js';
import { quantile } from './statistics.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, rows: { type: 'string', default: '1200000' } },
});
const rounds = Number(values.rounds);
const LONGEST_BATCH_MS = 100;

const RULES: readonly RetentionRule[] = ['login', 'logout', 'token_refresh', 'password_change', 'login_failed'].map(
  (action, index) => ({ target: 'audit_logs', actions: [action], days: 360 + index }),
);

/** What is compared: what a side has beside the audit logs, and which other side it may cost how much of. */
interface Side {
  readonly name: string;
  /** Without rules and holds as a notion: the engine as it would be if there were none of either. */
  readonly isBare?: boolean;
  readonly rules?: readonly RetentionRule[];
  /** Users that a hold is on, none of whom any row belongs to, so that each side deletes the same. */
  readonly heldUsers?: number;
  readonly against?: string;
  readonly limit?: number;
}

const SIDES: readonly Side[] = [
  { name: 'neither holds nor rules in the engine', isBare: true },
  { name: 'no hold, no rule', against: 'neither holds nor rules in the engine', limit: 1.03 },
  { name: '5 rules by action', rules: RULES, against: 'no hold, no rule', limit: 1.3 },
  { name: '100 holds on users', heldUsers: 100, against: 'no hold, no rule', limit: 1.6 },
  { name: '10,000 holds on users', heldUsers: 10_000, against: 'no hold, no rule', limit: 2.2 },
];

/** Milliseconds that each batch took which deleted, as its client saw it. */
const batches: number[] = [];
timeBatches();

const server = await startBenchServer();
let areAllKept = true;
try {
  const databases = new BenchDatabases(server.url);
  await seedDatabase(server.url, 'seeded', [{ table: 'audit_logs', rows: Number(values.rows), dueFraction: 0.5 }]);
  const samples = new Map<string, { cpuMs: number[]; batchMs: number[] }>();
  for (let round = 0; round < rounds; round += 1) {
    for (const side of SIDES) {
      const sample = samples.get(side.name) ?? { cpuMs: [], batchMs: [] };
      samples.set(side.name, sample);
      const { cpuMs, batchMs } = await run(side, await databases.freshCopy('seeded', 'side'));
      sample.cpuMs.push(cpuMs);
      sample.batchMs.push(...batchMs);
    }
  }
  for (const side of SIDES) {
    const { cpuMs = [], batchMs = [] } = samples.get(side.name) ?? {};
    console.log(`\n${side.name}`);
    console.log(
      `  backend CPU  median ${quantile(cpuMs, 0.5).toFixed(0)} ms (${cpuMs.map((ms) => ms.toFixed(0)).join(', ')})`,
    );
    console.log(
      `  ${batchMs.length} batches  p99 ${quantile(batchMs, 0.99).toFixed(0)} ms (limit ${LONGEST_BATCH_MS}), maximum ${Math.max(...batchMs).toFixed(0)} ms`,
    );
    areAllKept &&= quantile(batchMs, 0.99) <= LONGEST_BATCH_MS;
    if (side.against !== undefined && side.limit !== undefined) {
      const base = samples.get(side.against)?.cpuMs ?? [];
      const ratios = cpuMs.map((ms, index) => ms / (base[index] ?? Number.NaN));
      const { low, high } = boundsOfMedian(ratios);
      const isKept = quantile(ratios, 0.5) <= side.limit;
      areAllKept &&= isKept;
      console.log(
        `  ratio to "${side.against}"  median ${quantile(ratios, 0.5).toFixed(3)}, 95 % within ${low.toFixed(3)} to ${high.toFixed(3)} (limit ${side.limit}) ${isKept ? 'kept' : 'BROKEN'}`,
      );
    }
  }
} finally {
  await server.stop();
}
process.exitCode = areAllKept ? 0 : 1;

/** The interval that covers the median of pairs with 95 %: order statistics by the sign test (Conover, Practical Nonparametric Statistics). */
function boundsOfMedian(ratios: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = ratios.toSorted((one, other) => one - other);
  let [rank, tail] = [0, 0];
  for (let k = 0, probability = 0.5 ** sorted.length; k < sorted.length / 2; k += 1) {
    tail += probability;
    if (tail > 0.025) {
      break;
    }
    rank = k + 1;
    probability = (probability * (sorted.length - k)) / (k + 1);
  }
  const index = Math.max(0, rank - 1);
  return { low: sorted[index] ?? Number.NaN, high: sorted[sorted.length - 1 - index] ?? Number.NaN };
}

async function run(side: Side, url: string): Promise<{ readonly cpuMs: number; readonly batchMs: readonly number[] }> {
  await onDatabase(url, (client) => client.query('select count(*) from audit_logs'));
  if (side.heldUsers !== undefined) {
    await placeHolds(url, side.heldUsers);
  }
  const { maintenance, close } = await boot(url, { retention: { rules: side.rules ?? [] } }, side.isBare === true);
  // Connects, and looks at everything once.
  await maintenance.cleanup({ only: ['otp_codes'] });
  const before = await backendMs(url);
  batches.length = 0;
  const report = await maintenance.cleanup({ only: ['audit_logs'] });
  const cpuMs = (await backendMs(url)) - before;
  await close();
  const [target] = report.targets;
  if (report.status !== 'succeeded' || target === undefined || target.rows < 0.4 * Number(values.rows)) {
    throw new Error(`${side.name}: ${JSON.stringify(report)}`);
  }
  return { cpuMs, batchMs: [...batches] };
}

/** One by the service, which makes the tables; the others by SQL, which the first run looks up. */
async function placeHolds(url: string, users: number): Promise<void> {
  const { holds, close } = await boot(url, {}, false);
  await holds.place({ caseRef: 'C', reason: 'r', placedBy: 'bench', userId: 1_000_000 });
  await close();
  await onDatabase(url, (client) =>
    client.query(
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, user_id)
       select 'C', 'r', 'bench', 1000000 + n from generate_series(1, $1::int - 1) as n`,
      [users],
    ),
  );
}

async function boot(
  url: string,
  options: TenxyteMaintenanceOptions,
  isBare: boolean,
): Promise<{ maintenance: TenxyteMaintenanceService; holds: LegalHoldService; close: () => Promise<void> }> {
  const builder = Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
      TenxyteMaintenanceModule.forRoot({ ...options, schedule: { cleanup: false, agentHeartbeat: false } }),
    ],
  });
  const none = { areKnown: true, isUnresolved: false, notHeld: undefined, lookUpMs: 0, heldWhole: [], gate: undefined };
  const planner = { refresh: async () => undefined, plan: async () => none };
  const module = await (isBare ? builder.overrideProvider(HoldPlanner).useValue(planner) : builder).compile();
  await module.init();
  return {
    maintenance: module.get(TenxyteMaintenanceService),
    holds: module.get(LegalHoldService),
    close: () => module.close(),
  };
}

/** Milliseconds that the backends of a database's clients have been on a processor; those of a pool live as long as it. */
async function backendMs(url: string): Promise<number> {
  const pids = await onDatabase(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    return rows.map(({ pid }) => pid);
  });
  const nanoseconds = pids.map((pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Listens to what this process sends. */
function timeBatches(): void {
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, 'query') as (...call: readonly unknown[]) => unknown;
  Reflect.set(prototype, 'query', function timing(this: object, ...call: readonly unknown[]): unknown {
    const startedAt = performance.now();
    const answer = Reflect.apply(query, this, call);
    if (typeof call[0] === 'string' && call[0].includes('delete from only')) {
      const note = (): unknown => batches.push(performance.now() - startedAt);
      Promise.resolve(answer).then(note, note);
    }
    return answer;
  });
}
