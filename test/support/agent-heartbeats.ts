import { afterAll, beforeAll } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { AgentHeartbeatPlan, AgentHeartbeatResult } from '../../src/agent-heartbeat/agent-heartbeat-plan.js';
import { checkAgentHeartbeats } from '../../src/agent-heartbeat/agent-heartbeat-run.js';
import { DatabaseClock } from '../../src/database/database-clock.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { TenxyteAgentToken } from '../../src/tenxyte/entities/agent-token.entity.js';
import { mappedTable } from '../../src/tenxyte/entity-table.js';
import { type EntityClasses, TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';
import type { TestDatabase } from './test-database.js';

/** What a check did, and as of when. */
type TimedResult = AgentHeartbeatResult & Pick<AgentHeartbeatPlan, 'runAt'>;

/** The monitor on a test database. */
export interface AgentHeartbeats {
  /** Checks once; with everything at its default, unless the plan says otherwise. */
  check(plan?: Partial<AgentHeartbeatPlan>): Promise<TimedResult>;
  /** The same on a connection of another role. */
  checkAs(url: string, plan?: Partial<AgentHeartbeatPlan>): Promise<TimedResult>;
  /** Each token's status, by the order of their ids. */
  statuses(): Promise<string[]>;
}

const DEFAULT_PLAN: Omit<AgentHeartbeatPlan, 'runAt'> = {
  assertOwner: async () => undefined,
  acknowledge: [],
  settings: { expireTokens: false },
  isDryRun: false,
  limits: { lockTimeoutMs: 2_000, statementTimeoutMs: 15_000, targetBatchMs: 50 },
  beforeBatch: async () => undefined,
  signal: new AbortController().signal,
  onSuspended: () => undefined,
};

/** Sets the monitor up before the file's tests, on a data source of its own. */
export function useAgentHeartbeats(database: TestDatabase): AgentHeartbeats {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await connectTo(database.url);
  });
  afterAll(() => dataSource.destroy());
  return {
    check: (plan) => checkOn(dataSource, plan),
    checkAs: async (url, plan) => {
      const other = await connectTo(url);
      try {
        return await checkOn(other, plan);
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
  return new DataSource({ type: 'postgres', url, entities: [TenxyteAgentToken] }).initialize();
}

/** Checks once on a data source, with everything at its default, unless the plan says otherwise. */
export async function checkOn(
  dataSource: DataSource,
  plan: Partial<AgentHeartbeatPlan> = {},
  entities: EntityClasses = TENXYTE_ENTITIES,
): Promise<TimedResult> {
  const table = mappedTable(dataSource, entities, 'AgentToken');
  return withQueryRunner(dataSource, async (queryRunner) => {
    const runAt = plan.runAt ?? (await new DatabaseClock().now(queryRunner));
    return {
      runAt,
      ...(await checkAgentHeartbeats({ queryRunner, table, plan: { ...DEFAULT_PLAN, ...plan, runAt } })),
    };
  });
}
