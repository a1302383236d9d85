import { parseArgs } from 'node:util';
import { BenchDatabases } from './databases.js';
import { keys } from './scenarios/keys.js';
import { loginAttempts } from './scenarios/login-attempts.js';
import { loginWorkload } from './scenarios/login-workload.js';
import { memory } from './scenarios/memory.js';
import { retentionRules } from './scenarios/retention-rules.js';
import type { Scenario } from './scenarios/scenario.js';
import { sixTargets } from './scenarios/six-targets.js';
import { steadyState } from './scenarios/steady-state.js';
import { triggers } from './scenarios/triggers.js';
import { SERVER_SETTINGS, startBenchServer } from './server.js';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'six-targets': sixTargets,
  'login-attempts': loginAttempts,
  'steady-state': steadyState,
  memory,
  'login-workload': loginWorkload,
  keys,
  triggers,
  'retention-rules': retentionRules,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
  },
});

const server = await startBenchServer();
let areAllKept = true;
try {
  console.log(
    `embedded PostgreSQL, ${Object.entries(SERVER_SETTINGS)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`,
  );
  const context = {
    serverUrl: server.url,
    databases: new BenchDatabases(server.url),
    rounds: Number(values.rounds),
    scale: Number(values.scale),
  };
  for (const name of values.only.split(',')) {
    const isKept = await SCENARIOS[name]?.(context);
    if (isKept === undefined) {
      throw new Error(`no scenario "${name}"; there are ${Object.keys(SCENARIOS).join(', ')}`);
    }
    areAllKept &&= isKept;
  }
} finally {
  await server.stop();
}
process.exitCode = areAllKept ? 0 : 1;
