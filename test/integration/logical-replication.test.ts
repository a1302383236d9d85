import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runCommandLine } from '../support/command-line.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../support/embedded-postgres/index.js';
import { eventually } from '../support/eventually.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { onDatabase } from '../support/on-database.js';
import { insertReferences } from '../support/rows.js';
import { createTenxyteDatabase } from '../support/tenxyte-database.js';

/** A subscriber that fails tries again this soon. */
const RETRY = { wal_retrieve_retry_interval: '100ms' };

/** What docs/replicas.md says of a publication that this package's tables are in, on a server that replicates. */
describe('a database whose tables are replicated logically', () => {
  let server: EmbeddedPostgres;
  let publisher = '';
  let subscriber = '';
  let app: MaintenanceApp;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ settings: { wal_level: 'logical', ...RETRY } });
    publisher = await createTenxyteDatabase(server.url, 'publisher');
    subscriber = await createTenxyteDatabase(server.url, 'subscriber');
    await at(publisher, 'create publication everything for all tables');
    // A subscription to the server that it is on would wait for its own transaction if it made the slot.
    await at(publisher, `select pg_create_logical_replication_slot('copy', 'pgoutput')`);
    const { hostname, port, username, password } = new URL(publisher);
    const connection = `host=${hostname} port=${port} user=${username} password=${password} dbname=publisher`;
    await at(
      subscriber,
      `create subscription copy connection ${pg.escapeLiteral(connection)} publication everything
       with (create_slot = false, slot_name = 'copy', copy_data = false)`,
    );
    app = await maintenanceApp(publisher);
  });
  afterAll(async () => {
    await app.close();
    await at(subscriber, 'drop subscription if exists copy');
    await server.stop();
  });

  const at = async <Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> =>
    onDatabase(url, async (client) => (await client.query<Row>(sql, values)).rows);
  const countAt = async (url: string, table: string): Promise<number> =>
    Number((await at<{ count: string }>(url, `select count(*) from ${table}`))[0]?.count);
  const serverLog = (): string => readFileSync(join(dirname(server.dataDirectory), 'server.log'), 'utf8');
  const logs = (text: string) => eventually(async () => serverLog().includes(text));
  /** Rows of the host's that are on their way to the subscriber. */
  const addRows = () => insertReferences({ query: (sql, values) => at(publisher, sql, values) });

  it('gets no further at a subscriber that lacks the tables, and goes on once it has them', async () => {
    await addRows();
    await app.maintenance.checkAgentHeartbeats();
    await logs('logical replication target relation "tenxyte_maintenance.versions" does not exist');
    expect(await countAt(subscriber, 'users')).toBe(0);
    expect(await runCommandLine(['migrate'], { DATABASE_URL: subscriber })).toMatchObject({ exitCode: 0 });
    await eventually(async () => (await countAt(subscriber, 'users')) > 0);
    expect(await countAt(subscriber, 'tenxyte_maintenance.runs')).toBe(0);
  });

  it('gets no further at a subscriber that records runs of its own and takes part in those of others', async () => {
    await at(subscriber, 'truncate tenxyte_maintenance.versions');
    await at(subscriber, 'alter subscription copy refresh publication');
    await eventually(async () => (await countAt(subscriber, 'tenxyte_maintenance.runs')) > 0);
    const running = `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at)
      values (gen_random_uuid(), 'cleanup', 'manual', 'somebody', 'running', now())`;
    await at(subscriber, running);
    await at(publisher, running);
    await logs('"runs_running"');
    await at(subscriber, `delete from tenxyte_maintenance.runs where status = 'running'`);
    await at(publisher, `delete from tenxyte_maintenance.runs where status = 'running'`);
  });

  it('goes on without them once the publication is replaced in one transaction, as the doctor advises', async () => {
    const advice = async () => (await app.maintenance.doctor()).checks.filter(({ name }) => name === 'publications');
    expect(await advice()).toMatchObject([{ level: 'advice', subject: 'tenxyte_maintenance' }]);
    await at(
      publisher,
      'begin; drop publication everything; create publication everything for table users, agent_tokens; commit',
    );
    expect(await advice()).toEqual([]);
    const { runId } = await app.maintenance.checkAgentHeartbeats();
    await at(publisher, 'delete from agent_tokens');
    await eventually(async () => (await countAt(subscriber, 'agent_tokens')) === 0);
    expect(await at(subscriber, 'select id from tenxyte_maintenance.runs where id = $1', [runId])).toEqual([]);
    expect(await at(publisher, 'select id from tenxyte_maintenance.runs where id = $1', [runId])).toHaveLength(1);
  });
});
