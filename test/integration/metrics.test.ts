import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/index.js';
import { failFirstDeletions } from '../support/fault.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { usePrometheus } from '../support/telemetry.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const RUNS = 'tenxyte_maintenance_runs_total';
const ROWS = 'tenxyte_maintenance_cleanup_rows_total';

const runs = (status: string, trigger = 'manual', task = 'cleanup'): Record<string, string> => ({
  tenxyte_maintenance_task: task,
  tenxyte_maintenance_run_status: status,
  tenxyte_maintenance_run_trigger: trigger,
});
const target = (name: string): Record<string, string> => ({ tenxyte_maintenance_cleanup_target: name });

describe('metrics, read over HTTP from the Prometheus exporter of the SDK', () => {
  const database = useTestDatabase();
  const scrape = usePrometheus();
  let app: MaintenanceApp;

  const counted = async (name: string, labels: Record<string, string>): Promise<number> =>
    (await scrape()).value(name, labels) ?? 0;

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url);
  });
  afterAll(() => app.close());
  afterEach(() =>
    database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens, otp_codes, agent_tokens cascade'),
  );

  it('count runs, rows and batches by target, and time them in seconds', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED, EXPIRED, {}]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    const { durationMs } = await app.maintenance.cleanup();
    await app.moduleRef.get(CleanupService).onTick();
    expect(await counted(RUNS, runs('succeeded'))).toBe(1);
    expect(await counted(RUNS, runs('succeeded', 'cron'))).toBe(1);
    expect(await counted(ROWS, target('blacklisted_tokens'))).toBe(2);
    expect(await counted(ROWS, target('otp_codes'))).toBe(1);
    expect(await counted('tenxyte_maintenance_cleanup_batch_duration_count', target('otp_codes'))).toBeGreaterThan(0);
    const sum = await counted('tenxyte_maintenance_run_duration_sum', { tenxyte_maintenance_task: 'cleanup' });
    expect(sum).toBeGreaterThanOrEqual(durationMs / 1000);
    expect(sum).toBeLessThan(60);
  });

  it('count nothing of a dry run', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await app.maintenance.cleanup({ dryRun: true });
    expect((await scrape()).text).not.toContain('tenxyte');
  });

  it('count a run that failed, with the rows that it deleted before, and one that was not made', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    const repair = await failFirstDeletions(database, 'otp_codes', { sqlState: 'XX001', times: 100 });
    await app.maintenance.cleanup();
    await repair();
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'cleanup', 'cron', 'another', 'running', now(), now() + interval '1 hour')`,
    );
    await app.maintenance.cleanup();
    expect(await counted(RUNS, runs('partial'))).toBe(1);
    expect(await counted(RUNS, runs('skipped'))).toBe(1);
    expect(await counted(ROWS, target('blacklisted_tokens'))).toBe(1);
    expect(await counted(ROWS, target('otp_codes'))).toBe(0);
  });

  it('count suspended agents', async () => {
    const silent = { heartbeat_required_every: 60, last_heartbeat_at: '2020-01-01T00:00:00Z' };
    await database.query('truncate agent_tokens cascade');
    await insertRows(database, 'agent_tokens', [silent, silent]);
    await app.maintenance.checkAgentHeartbeats();
    expect(await counted('tenxyte_maintenance_agents_suspended_total', {})).toBe(2);
    expect(await counted(RUNS, runs('succeeded', 'manual', 'agent-heartbeat'))).toBe(1);
  });

  it('have few values for each label: no run, no row and no agent is named', async () => {
    const { runId } = await app.maintenance.cleanup();
    const { text } = await scrape();
    expect(text).not.toContain(runId);
    const labels = new Set([...text.matchAll(/(\w+)="/g)].map(([, label]) => label));
    expect([...labels].filter((label) => label?.startsWith('tenxyte'))).toEqual([
      'tenxyte_maintenance_cleanup_target',
      'tenxyte_maintenance_task',
      'tenxyte_maintenance_run_status',
      'tenxyte_maintenance_run_trigger',
    ]);
  });
});
