import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService, type TenxyteMaintenanceOptions } from '../../src/index.js';
import { RunTime } from '../../src/tasks/clocks.js';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { type Gate, gateBeforeDeleting } from '../support/gate.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useMonitor } from '../support/monitor.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { FakeRunTime } from '../support/run-time.js';
import { useTestDatabase } from '../support/test-database.js';

const LONG_AGO = '2001-01-01T00:00:00Z';
const SCAN = { dependencyScan: { cwd: '/there/is/no/such/folder' } };

describe('the monitor of a task', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  const monitor = useMonitor();
  const lines: string[] = [];
  let app: MaintenanceApp | undefined;
  let gate: Gate | undefined;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade; truncate blacklisted_tokens');
    lines.length = 0;
  });
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
    await app?.close();
  });

  const start = async (
    options: TenxyteMaintenanceOptions = {},
    ping: TenxyteMaintenanceOptions['ping'] = { cleanup: monitor.address },
  ): Promise<MaintenanceApp> => {
    const note = (line: unknown): void => void lines.push(String(line));
    app = await maintenanceApp(database.url, {
      options: { ...options, ping },
      logger: { log: () => undefined, warn: note, error: note },
      configure: (builder) => builder.overrideProvider(RunTime).useValue(new FakeRunTime()),
    });
    return app;
  };
  const told = (count: number): Promise<unknown> => eventually(async () => monitor.pings.length >= count);
  const paths = (): string[] => monitor.pings.map(({ path }) => path);
  const complaints = (): string[] => lines.filter((line) => line.includes('monitor'));

  it('is told of the start and of the success of a run, by hand and by a tick, each under its own id', async () => {
    const { maintenance, moduleRef } = await start();
    const { runId } = await maintenance.cleanup();
    await told(2);
    expect(monitor.pings).toEqual([
      { path: '/start', rid: runId, body: `cleanup ${runId} started` },
      { path: '', rid: runId, body: `cleanup ${runId} succeeded` },
    ]);
    await moduleRef.get(CleanupService).onTick();
    await told(4);
    const [, , begin, end] = monitor.pings;
    expect(begin).toMatchObject({ path: '/start', rid: end?.rid });
    expect(end?.rid).not.toBe(runId);
  });

  it('hears of a failure with its code, and of nothing that the error says', async () => {
    const getRetention = (): never => {
      throw new Error(`${database.url} is away`);
    };
    const { moduleRef } = await start({ retention: { useFactory: () => ({ getRetention }) } });
    await moduleRef.get(CleanupService).onTick();
    await told(2);
    const [{ rid } = { rid: '' }] = monitor.pings;
    expect(monitor.pings[1]).toEqual({ path: '/fail', rid, body: `cleanup ${rid} failed (RETENTION_PROVIDER)` });
  });

  it('hears of a run that was partial as a failure', async () => {
    const { maintenance } = await start();
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
    await database.query(`
      create or replace function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuse before delete on blacklisted_tokens for each row execute function refuse()`);
    expect(await maintenance.cleanup()).toMatchObject({ status: 'partial' });
    await database.query('drop trigger refuse on blacklisted_tokens');
    await told(2);
    expect(paths()).toEqual(['/start', '/fail']);
  });

  it('hears of a run with nothing to work on as a failure, as it has not done its work', async () => {
    const { maintenance } = await start({}, { agentHeartbeat: monitor.address });
    await database.query('alter table agent_tokens rename to elsewhere');
    expect(await maintenance.checkAgentHeartbeats()).toMatchObject({ status: 'skipped' });
    await database.query('alter table elsewhere rename to agent_tokens');
    await told(2);
    expect(paths()).toEqual(['/start', '/fail']);
  });

  it('hears of findings that only a person can see to as health does, and of a scan that found nothing out as a failure', async () => {
    const { maintenance } = await start(SCAN, { dependencyScan: monitor.address });
    await maintenance.scanDependencies().catch(() => undefined);
    await told(2);
    expect(paths()).toEqual(['/start', '/fail']);
  });

  it('hears nothing of the end of a run that was stopped on purpose: the next one goes on', async () => {
    const { maintenance } = await start();
    await insertRows(database, 'blacklisted_tokens', [{ id: '1', expires_at: LONG_AGO }]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', '1');
    const controller = new AbortController();
    const run = maintenance.cleanup({ signal: controller.signal });
    await gate.reached();
    controller.abort();
    await gate.open();
    expect(await run).toMatchObject({ status: 'stopped' });
    await app?.close();
    expect(paths()).toEqual(['/start']);
  });

  it('hears nothing of dry runs, of runs that were not made, and of other tasks', async () => {
    const { maintenance, moduleRef } = await start();
    await maintenance.cleanup({ dryRun: true });
    await maintenance.checkAgentHeartbeats();
    await maintenance.pause('cleanup', { actor: 'Ann', reason: 'a migration' });
    await maintenance.cleanup();
    await moduleRef.get(CleanupService).onTick();
    await moduleRef.close();
    expect(monitor.pings).toEqual([]);
  });

  it('never keeps a run waiting, and a shutdown no longer than it waits for anything', async () => {
    monitor.answerWith(() => undefined);
    const { maintenance } = await start({ shutdownTimeoutMs: 100 });
    expect(await maintenance.cleanup()).toMatchObject({ status: 'succeeded' });
    await told(1);
    await app?.close();
    expect(paths()).toEqual(['/start']);
  });

  it('does not keep a process for what its shutdown has not waited for', async () => {
    const gone: unknown[] = [];
    monitor.answerWith((response) => response.once('close', () => gone.push(response)));
    const { maintenance } = await start({ shutdownTimeoutMs: 100 });
    await maintenance.cleanup();
    await told(1);
    await app?.close();
    await eventually(async () => gone.length === 1);
    expect(complaints()).toEqual([
      'The monitor of cleanup was not told of the start of a run, the run goes on: the application ended before it answered',
    ]);
    expect(paths()).toEqual(['/start']);
  });

  it('is given up when it does not answer, which is said once and without its address', async () => {
    monitor.answerWith(() => undefined);
    const { maintenance } = await start({}, { cleanup: monitor.address, timeoutMs: 100 });
    await maintenance.cleanup();
    await app?.close();
    expect(paths()).toEqual(['/start', '']);
    expect(complaints()).toEqual([
      'The monitor of cleanup was not told of the start of a run, the run goes on: it did not answer within 100 ms',
    ]);
  });

  it.each([
    [404, ['/start', ''], 'it answered 404'],
    [302, ['/start', ''], 'it answered 302'],
    [503, ['/start', '/start', '/start', '', '', ''], 'it answered 503'],
  ])('that answers %i is asked again only where that can help', async (status, expected, problem) => {
    monitor.answerWith((response) => response.writeHead(status, { location: `${monitor.address}/elsewhere` }).end());
    const { maintenance } = await start();
    await maintenance.cleanup();
    await app?.close();
    expect(paths()).toEqual(expected);
    expect(complaints()).toEqual([
      `The monitor of cleanup was not told of the start of a run, the run goes on: ${problem}`,
    ]);
  });

  it('is told of what follows once it is back, and complained about again when it goes', async () => {
    let status = 404;
    monitor.answerWith((response) => response.writeHead(status).end());
    const { maintenance } = await start();
    await maintenance.cleanup();
    await told(2);
    status = 200;
    await maintenance.cleanup();
    await told(4);
    status = 404;
    await maintenance.cleanup();
    await app?.close();
    expect(complaints()).toHaveLength(2);
  });

  it('that nobody can connect to harms nothing, and its address stays out of the line', async () => {
    const { maintenance } = await start({}, { cleanup: 'http://127.0.0.1:1/5ec4e7' });
    expect(await maintenance.cleanup()).toMatchObject({ status: 'succeeded' });
    await app?.close();
    expect(complaints()).toHaveLength(1);
    expect(lines.join('\n')).not.toMatch(/5ec4e7|127\.0\.0\.1/);
  });

  it('keeps what stands in the query of its address', async () => {
    const { maintenance } = await start({}, { cleanup: `${monitor.address}/?create=1` });
    monitor.answerWith((response, { rid }) => response.writeHead(rid === null ? 500 : 200).end());
    await maintenance.cleanup();
    await told(2);
    expect(paths()).toEqual(['/start', '']);
    expect(complaints()).toEqual([]);
  });

  it('is told by the command line, which ends once it was', async () => {
    const config = configFile(`export default { ping: { cleanup: '${monitor.address}' } }`);
    const args = ['cleanup', '--config', config];
    expect(await runInOwnProcess(args, { DATABASE_URL: database.url })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(paths()).toEqual(['/start', '']);
    monitor.answerWith((response) => response.writeHead(410).end());
    const call = await runCommandLine(args, { DATABASE_URL: database.url });
    expect(call.exitCode).toBe(0);
    expect(call.stderr).toContain('The monitor of cleanup was not told of the start of a run');
    expect(call.stdout + call.stderr).not.toContain(monitor.address);
  });
});
