import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AgentHeartbeatReport } from '../../src/index.js';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

describe('tenxyte-maintenance check-heartbeats', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('create schema if not exists tenxyte_maintenance');
  });
  beforeEach(async () => {
    await database.query('truncate agent_tokens cascade');
    await database.query('drop schema tenxyte_maintenance cascade');
    await insertRows(database, 'agent_tokens', [
      { agent_id: 'crawler\u001B[31m', heartbeat_required_every: 60, last_heartbeat_at: '2020-01-01T00:00:00Z' },
      { agent_id: 'mailer', heartbeat_required_every: 60, created_at: '2020-01-01T00:00:00Z' },
      { agent_id: 'alive', heartbeat_required_every: 60, last_heartbeat_at: 'infinity' },
    ]);
  });

  const check = (...args: string[]) => runCommandLine(['check-heartbeats', ...args], { DATABASE_URL: database.url });
  const suspended = async (): Promise<number> =>
    (await database.query(`select 1 from agent_tokens where status = 'SUSPENDED'`)).length;

  it('suspends who is overdue, shows them, exits 0 and leaves a record', async () => {
    const { exitCode, stdout, stderr } = await check();
    expect({ exitCode, stderr: stderr.replace(/[0-9a-f-]{36}/, 'ID') }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(/^agent-heartbeat ID: suspended 2 agents that stopped sending heartbeats: /),
    });
    expect(stdout).toMatch(/^agent +token id +last heartbeat \(UTC\) +overdue$/m);
    expect(stdout).toMatch(/^crawler\[31m +\d+ +2020-01-01 00:00:00 +\d+ h \d+ min$/m);
    expect(stdout).toMatch(/^mailer +\d+ +never +\d+ h \d+ min$/m);
    expect(stdout).toMatch(/^succeeded: suspended 2 of 3 monitored agents in /m);
    expect(await suspended()).toBe(2);
    expect(await recordedRuns(database)).toMatchObject([{ trigger: 'cli', status: 'succeeded' }]);
  });

  it('suspends nobody in a dry run, and leaves no record and no schema', async () => {
    const { exitCode, stdout, stderr } = await check('--dry-run', '--json');
    const report: AgentHeartbeatReport = JSON.parse(stdout);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(report).toMatchObject({ task: 'agent-heartbeat', dryRun: true, monitored: 3, suspended: 2 });
    expect(report.agents.map(({ agentId }) => agentId).sort()).toEqual(['crawler\u001B[31m', 'mailer']);
    expect(await suspended()).toBe(0);
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
    await database.query('create schema tenxyte_maintenance');
  });

  it('exits 1 when the brake of the config file trips', async () => {
    const config = configFile(
      'export default { agentHeartbeat: { massSuspensionBrake: { minAgents: 1, maxFraction: 0.5 } } };',
    );
    const { exitCode, stderr } = await check('--config', config);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/check-heartbeats failed \(MASS_SUSPENSION\): 2 of 3 monitored agents are overdue at once/);
    expect(await suspended()).toBe(0);
  });

  it('exits 4 when another process is at it', async () => {
    await runCommandLine(['migrate'], { DATABASE_URL: database.url });
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'agent-heartbeat', 'cron', 'pod-7:1:ab', 'running', now(), now() + interval '1 hour')`,
    );
    const { exitCode, stdout, stderr } = await runInOwnProcess(['check-heartbeats', '--json'], {
      DATABASE_URL: database.url,
    });
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_RUNNING' } });
    expect(stderr).toContain('pod-7:1:ab');
    expect(await suspended()).toBe(0);
  });
});
