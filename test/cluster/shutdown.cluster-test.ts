import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useReplicas } from './replicas.js';
import type { RunningReplica } from './running-replica.js';
import { APPLICATION_NAME } from './running-replica.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const SHUTDOWN_TIMEOUT_MS = 5_000;
const OPTIONS = {
  schedule: { cleanup: '* * * * * *', agentHeartbeat: false },
  shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
} as const;

describe('a replica that gets SIGTERM in mid-run', () => {
  const database = useTestDatabase();
  const replicas = useReplicas();
  let replica: RunningReplica;
  let gate: Gate;

  /** A cleanup in the deletion of the first of its targets, with a row of a later one left to do. */
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    await database.query('truncate users, applications, agent_tokens, blacklisted_tokens, otp_codes cascade');
    await insertReferences(database);
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [{}]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    await database.query('update blacklisted_tokens set expires_at = $1', [EXPIRED.expires_at]);
    [replica] = (await replicas.start(1, database.url, OPTIONS)) as [RunningReplica];
    await gate.reached();
    await insertRows(database, 'otp_codes', [EXPIRED]);
  });
  afterEach(() => gate.remove());

  const rowsOf = async (table: string): Promise<number> => (await database.query(`select 1 from ${table}`)).length;
  const expectNothingLeft = async (): Promise<void> => {
    const connections = `select pid from pg_stat_activity where datname = $1 and application_name = $2`;
    const values = [database.name, APPLICATION_NAME];
    expect(await database.query(`${connections} and state like 'idle in transaction%'`, values)).toEqual([]);
    await eventually(async () => (await database.query(connections, values)).length === 0);
    expect(replica.log).not.toMatch(/connection.*(closed|terminated)|not connected/i);
    expect(replica.errors).toEqual([]);
  };

  it('ends once the batch in flight has, and records the run as stopped', async () => {
    const startedAt = performance.now();
    const exit = replica.terminate();
    await replica.tells('stopping');
    await gate.open();
    expect(await exit).toBe('SIGTERM');
    expect(performance.now() - startedAt).toBeLessThan(SHUTDOWN_TIMEOUT_MS);
    expect((await recordedRuns(database)).at(-1)).toMatchObject({
      status: 'stopped',
      report: { rows: 1 },
      error: null,
    });
    expect([await rowsOf('blacklisted_tokens'), await rowsOf('otp_codes')]).toEqual([0, 1]);
    await expectNothingLeft();
  });

  it('ends within shutdownTimeoutMs when the batch does not, which is rolled back, and records the run as stopped', async () => {
    const startedAt = performance.now();
    expect(await replica.terminate()).toBe('SIGTERM');
    expect(performance.now() - startedAt).toBeLessThan(SHUTDOWN_TIMEOUT_MS);
    expect((await recordedRuns(database)).at(-1)).toMatchObject({ status: 'stopped', report: { rows: 0 } });
    expect([await rowsOf('blacklisted_tokens'), await rowsOf('otp_codes')]).toEqual([1, 1]);
    await expectNothingLeft();
  });
});
