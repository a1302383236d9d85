import { parseArgs } from 'node:util';
import { onDatabase } from '../test/support/on-database.js';
import { PLAIN_UPDATE, seedAgents } from './agents.js';
import { report } from './comparison.js';
import { BenchDatabases } from './databases.js';
import { heartbeatApp } from './heartbeat-app.js';
import { startBenchServer } from './server.js';
import { timed } from './statistics.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, agents: { type: 'string', default: '100000' } },
});
const rounds = Number(values.rounds);
const agents = Number(values.agents);

interface Samples {
  readonly plain: number[];
  readonly tick: number[];
  statements: readonly string[];
}

const server = await startBenchServer();
const databases = new BenchDatabases(server.url);

/** Both sides in turns, each on a fresh copy that is in cache. */
async function compare(overdueEvery: number): Promise<Samples> {
  const samples: Samples = { plain: [], tick: [], statements: [] };
  await seedAgents(server.url, 'seeded', { agents, overdueEvery });
  for (let round = 0; round < rounds; round += 1) {
    const url = await databases.freshCopy('seeded', 'side');
    await onDatabase(url, async (client) => {
      await client.query('select count(*) from agent_tokens');
      samples.plain.push(await timed(() => client.query(PLAIN_UPDATE)));
    });
    await databases.freshCopy('seeded', 'side');
    const app = await heartbeatApp(url);
    await onDatabase(url, (client) => client.query('select count(*) from agent_tokens'));
    samples.tick.push(
      await timed(async () => {
        samples.statements = await app.tick();
      }),
    );
    await app.close();
    await assertSuspended(url, overdueEvery === 0 ? 0 : Math.floor(agents / overdueEvery));
  }
  await databases.drop('side');
  await databases.drop('seeded');
  return samples;
}

async function assertSuspended(url: string, expected: number): Promise<void> {
  const { rows } = await onDatabase(url, (client) =>
    client.query<{ count: string }>(`select count(*) from agent_tokens where status = 'SUSPENDED'`),
  );
  if (Number(rows[0]?.count) !== expected) {
    throw new Error(`${rows[0]?.count} agents were suspended, not ${expected}`);
  }
}

try {
  const some = await compare(5);
  const none = await compare(0);
  const isKept = [
    report({
      name: `${agents} monitored agents, a fifth overdue: a tick, its claim and its record, against one plain UPDATE`,
      unit: 'ms',
      baseline: some.plain,
      measured: some.tick,
      limit: 1.3,
      notes: [],
    }),
    report({
      name: `${agents} monitored agents, none overdue: a tick, its claim and its record, against the same UPDATE`,
      unit: 'ms',
      baseline: none.plain,
      measured: none.tick,
      limit: 1.5,
      notes: [`messages to the server: ${none.statements.join(' | ')}`],
    }),
  ];
  process.exitCode = isKept.every(Boolean) ? 0 : 1;
} finally {
  await server.stop();
}
