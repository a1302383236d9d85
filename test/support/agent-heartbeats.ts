import { afterAll, beforeAll } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { AgentHeartbeatPlan, AgentHeartbeatResult } from '../../src/agent-heartbeat/agent-heartbeat-plan.js';
import { AgentHeartbeatRunner } from '../../src/agent-heartbeat/agent-heartbeat-runner.js';
import { AgentToken } from '../../src/tenxyte/entities/agent-token.entity.js';
import { TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';
import type { TestDatabase } from './test-database.js';

/** The monitor on a test database. */
export interface AgentHeartbeats {
  /** Checks once; with everything at its default, unless the plan says otherwise. */
  check(plan?: Partial<AgentHeartbeatPlan>): Promise<AgentHeartbeatResult>;
  /** The same on a connection of another role. */
  checkAs(url: string, plan?: Partial<AgentHeartbeatPlan>): Promise<AgentHeartbeatResult>;
  /** Each token's status, by the order of their ids. */
  statuses(): Promise<string[]>;
}

const DEFAULT_PLAN: AgentHeartbeatPlan = {
  settings: { expireTokens: false },
  isDryRun: false,
  limits: { lockTimeoutMs: 2_000, statementTimeoutMs: 15_000, targetBatchMs: 50 },
};

/** Sets the monitor up before the file's tests, on a data source of its own. */
export function useAgentHeartbeats(database: TestDatabase): AgentHeartbeats {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await connectTo(database.url);
  });
  afterAll(() => dataSource.destroy());
  return {
    check: (plan) => runnerOn(dataSource).run({ ...DEFAULT_PLAN, ...plan }),
    checkAs: async (url, plan) => {
      const other = await connectTo(url);
      try {
        return await runnerOn(other).run({ ...DEFAULT_PLAN, ...plan });
      } finally {
        await other.destroy();
      }
    },
    statuses: async () =>
      (await database.query<{ status: string }>('select status from agent_tokens order by id')).map(
        ({ status }) => status,
      ),
  };
}

function connectTo(url: string): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, entities: [AgentToken] }).initialize();
}

function runnerOn(dataSource: DataSource): AgentHeartbeatRunner {
  return new AgentHeartbeatRunner(dataSource, TENXYTE_ENTITIES);
}
