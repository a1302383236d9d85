import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestDatabase } from '../support/test-database.js';
import { useReplicas } from './replicas.js';
import { APPLICATION_NAME } from './running-replica.js';
import { within } from './within.js';

const REPLICAS = 10;
const START_LINE = 4_712;
const OPTIONS = { schedule: { cleanup: false, agentHeartbeat: false } } as const;

describe('ten replicas that start together on a database without the schema', () => {
  const database = useTestDatabase();
  const replicas = useReplicas();

  /** Halts whoever is about to create the schema, and answers how to let all go at once. */
  const drawStartLine = async (): Promise<() => Promise<void>> => {
    const starter = await database.connect();
    await starter.query('select pg_advisory_lock($1)', [START_LINE]);
    await database.query(`
      create function wait_for_start() returns event_trigger language plpgsql set lock_timeout = '60s' as $$
      begin
        perform pg_advisory_xact_lock_shared(${START_LINE});
      end $$`);
    await database.query(`
      create event trigger start_line on ddl_command_start when tag in ('CREATE SCHEMA')
      execute function wait_for_start()`);
    return async () => {
      await starter.end();
    };
  };
  const waitingReplicas = (): Promise<unknown[]> =>
    database.query(
      `select 1 from pg_stat_activity where datname = $1 and application_name = $2 and wait_event_type = 'Lock'`,
      [database.name, APPLICATION_NAME],
    );

  let go: () => Promise<void>;
  beforeAll(async () => {
    go = await drawStartLine();
  });

  it('make one schema of one version, each is ready, and none reports an error', async () => {
    const startAllAtOnce = async (): Promise<void> => {
      await within(60, 'each replica waits for its turn', async () => (await waitingReplicas()).length === REPLICAS);
      await go();
    };
    const [ten] = await Promise.all([replicas.start(REPLICAS, database.url, OPTIONS), startAllAtOnce()]);

    expect(await database.query(`select nspname from pg_namespace where nspname like '%maintenance%'`)).toEqual([
      { nspname: 'tenxyte_maintenance' },
    ]);
    expect(await database.query('select version from tenxyte_maintenance.versions order by version')).toEqual([
      { version: 1 },
    ]);
    expect(await Promise.all(ten.map((replica) => replica.terminate()))).toEqual(Array(REPLICAS).fill('SIGTERM'));
    expect(ten.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
