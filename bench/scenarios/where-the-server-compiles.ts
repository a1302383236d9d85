import { BenchDatabases } from '../databases.js';
import { startJitBenchServer } from '../server.js';
import type { Scenario } from './scenario.js';

/** The same scenario on a server of its own that JIT-compiles, as the bench's other one does not. */
export function whereTheServerCompiles(scenario: Scenario): Scenario {
  return async (context) => {
    const server = await startJitBenchServer();
    try {
      return await scenario({ ...context, serverUrl: server.url, databases: new BenchDatabases(server.url) });
    } finally {
      await server.stop();
    }
  };
}
