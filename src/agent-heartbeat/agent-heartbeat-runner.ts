import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../database/maintenance-data-source.js';
import { type MappedTable, mappedTable } from '../database/mapped-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { AGENT_COLUMNS } from './agent-conditions.js';
import type { AgentHeartbeatPlan, AgentHeartbeatResult } from './agent-heartbeat-plan.js';
import { checkAgentHeartbeats } from './agent-heartbeat-run.js';

/** Suspends the agents that stopped sending heartbeats, or says who they are. */
@Injectable()
export class AgentHeartbeatRunner {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
  ) {}

  /**
   * Checks that the entity of agent tokens is known and maps the columns that the monitor reads and writes.
   *
   * @throws {MaintenanceConfigError} when it is not, or does not
   */
  public assertMapped(): void {
    if (this.dataSource.isInitialized) {
      const table = this.table();
      AGENT_COLUMNS.forEach(({ property }) => table.column(property));
    }
  }

  /**
   * Checks the heartbeats once. While nobody is overdue that is a single statement. What was committed stays, whatever comes after.
   *
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE` or `PERMISSION_DENIED`; nothing was touched
   * @throws the database's error, or what `beforeBatch` or `onSuspended` threw
   */
  public async run(plan: AgentHeartbeatPlan): Promise<AgentHeartbeatResult> {
    const connected = plan.withQueryRunner ?? ((work) => withQueryRunner(this.dataSource, work));
    return connected((queryRunner: QueryRunner) => checkAgentHeartbeats({ queryRunner, table: this.table(), plan }));
  }

  private table(): MappedTable {
    return mappedTable(this.dataSource, this.entities, 'AgentToken');
  }
}
