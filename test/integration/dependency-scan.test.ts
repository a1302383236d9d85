import type { LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TenxyteMaintenanceOptions, VulnerabilityFoundEvent } from '../../src/index.js';
import {
  DependencyScanService,
  MaintenanceConfigError,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { advisories, answer, hang, LODASH_ADVISORY, useAdvisoryServer } from '../support/advisory-server.js';
import { eventually } from '../support/eventually.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { useScannedProjects } from '../support/scanned-project.js';
import { useTestDatabase } from '../support/test-database.js';

describe('the dependency scan in an application', () => {
  const database = useTestDatabase();
  const server = useAdvisoryServer();
  const { project } = useScannedProjects();
  const { npm_config_registry: registryBefore } = process.env;
  let booted: TestingModule;
  let lines: { readonly warn: string[]; readonly error: string[] };
  let events: VulnerabilityFoundEvent[];

  const boot = async (options: TenxyteMaintenanceOptions): Promise<TenxyteMaintenanceService> => {
    lines = { warn: [], error: [] };
    events = [];
    const logger: LoggerService = {
      log: () => undefined,
      warn: (message: unknown) => lines.warn.push(String(message)),
      error: (message: unknown) => lines.error.push(String(message)),
    };
    booted = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        EventEmitterModule.forRoot(),
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: false, agentHeartbeat: false }, ...options }),
      ],
    })
      .setLogger(logger)
      .compile();
    await booted.init();
    booted
      .get(EventEmitter2)
      .on('tenxyte-maintenance.dependencies.vulnerability-found', (event: VulnerabilityFoundEvent) => {
        events.push(event);
      });
    return booted.get(TenxyteMaintenanceService);
  };
  const scheduled = (): string[] =>
    [...booted.get(SchedulerRegistry).getCronJobs()]
      .filter(([, job]) => job.isActive)
      .map(([name, { cronTime }]) => `${name} ${String(cronTime.source)}`);

  beforeAll(() => {
    process.env['npm_config_registry'] = server.url;
  });
  afterAll(() => {
    if (registryBefore === undefined) {
      delete process.env['npm_config_registry'];
    } else {
      process.env['npm_config_registry'] = registryBefore;
    }
  });
  beforeEach(() => server.answerWith(advisories({ lodash: [LODASH_ADVISORY] })));
  afterEach(async () => {
    await booted.close();
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  it('reports, warns of each finding, emits an event for it and leaves a record', async () => {
    server.answerWith(
      advisories({
        lodash: [LODASH_ADVISORY, { ...LODASH_ADVISORY, id: 7, url: null, severity: 'low', title: 'a\nb' }],
      }),
    );
    const maintenance = await boot({});
    const report = await maintenance.scanDependencies({ cwd: project() });
    expect(report).toMatchObject({
      task: 'dependency-scan',
      status: 'succeeded',
      dryRun: false,
      verdict: 'vulnerable',
      counts: { high: 1, low: 1 },
      atOrAboveLevel: 1,
    });
    const [row] = await recordedRuns(database);
    expect(row).toMatchObject({ id: report.runId, task: 'dependency-scan', trigger: 'manual', status: 'succeeded' });
    expect(row?.report).toEqual(report);
    expect(lines.warn).toEqual([
      `dependency-scan ${report.runId}: high vulnerability in lodash <4.17.21: Command Injection in lodash (GHSA-35jh-r3h4-6jhm)`,
    ]);
    expect(events).toEqual([
      {
        event: 'tenxyte-maintenance.dependencies.vulnerability-found',
        runId: report.runId,
        ...report.vulnerabilities[0],
      },
    ]);
  });

  it('warns from the level on that a call names, over that of the options', async () => {
    const maintenance = await boot({ dependencyScan: { cwd: project(), level: 'low' } });
    expect(await maintenance.scanDependencies({ level: 'critical' })).toMatchObject({
      level: 'critical',
      verdict: 'vulnerable',
      atOrAboveLevel: 0,
    });
    expect([lines.warn, events]).toEqual([[], []]);
    expect(await maintenance.scanDependencies()).toMatchObject({ level: 'low', atOrAboveLevel: 1 });
  });

  it('judges the allow-list by the clock of the database, and warns of its stale entries', async () => {
    const allow = [
      { id: '1106913', reason: 'looked at', expires: '9999-12-31' },
      { id: 'GHSA-aaaa-aaaa-aaaa', reason: 'old', expires: '2020-01-01' },
    ];
    const maintenance = await boot({ dependencyScan: { cwd: project(), allow } });
    const report = await maintenance.scanDependencies();
    expect(report).toMatchObject({ verdict: 'clean', allowed: [{ package: 'lodash' }], staleAllowances: [allow[1]] });
    expect(lines.warn).toEqual([
      `dependency-scan ${report.runId}: entries of dependencyScan.allow are expired or no longer needed: GHSA-aaaa-aaaa-aaaa (until 2020-01-01)`,
    ]);
  });

  it('fails, in the log and in the record, when it cannot tell', async () => {
    server.answerWith(answer(500, '{}'));
    const maintenance = await boot({});
    const report = await maintenance.scanDependencies({ cwd: project() });
    expect(report).toMatchObject({ status: 'failed', verdict: 'unknown', error: { code: 'SCAN_UNKNOWN' } });
    expect(await recordedRuns(database)).toMatchObject([
      { status: 'failed', error: { code: 'SCAN_UNKNOWN', message: report.reason } },
    ]);
    expect(lines.error).toEqual([expect.stringContaining('the registry answered with HTTP 500')]);
  });

  it('runs on schedule once it is configured, and records the slot', async () => {
    await boot({ dependencyScan: { cwd: project() } });
    expect(scheduled()).toEqual(['tenxyte-maintenance.dependency-scan 0 4 1 * *']);
    await booted.get(DependencyScanService).onTick();
    await booted.get(DependencyScanService).onTick();
    expect(await recordedRuns(database)).toMatchObject([
      { task: 'dependency-scan', trigger: 'cron', status: 'succeeded', report: { verdict: 'vulnerable' } },
    ]);
    expect(events).toHaveLength(1);
  });

  it('does not run on schedule without the option', async () => {
    await boot({});
    expect(scheduled()).toEqual([]);
    await booted.get(DependencyScanService).onTick();
    expect(await recordedRuns(database)).toEqual([]);
  });

  it('is refused while another one goes on', async () => {
    const maintenance = await boot({});
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'dependency-scan', 'cron', 'pod-7:1:ab', 'running', now(), now() + interval '1 hour')`,
    );
    expect(await maintenance.scanDependencies({ cwd: project(), level: 'low' })).toMatchObject({
      status: 'skipped',
      verdict: 'unknown',
      level: 'low',
      error: { code: 'ALREADY_RUNNING' },
    });
    expect(server.questions).toEqual([]);
  });

  it('renews its lease while the package manager is at work', async () => {
    server.answerWith(hang);
    const maintenance = await boot({ cleanup: { lockTimeoutMs: 50, statementTimeoutMs: 250 }, leaseSeconds: 1 });
    const controller = new AbortController();
    const running = maintenance.scanDependencies({ cwd: project(), signal: controller.signal });
    await eventually(async () => {
      const renewed = await database.query(
        `select 1 from tenxyte_maintenance.runs
         where lease_expires_at > started_at + interval '2.5 seconds' and status = 'running'`,
      );
      return renewed.length === 1;
    });
    expect(await maintenance.scanDependencies()).toMatchObject({ error: { code: 'ALREADY_RUNNING' } });
    controller.abort();
    expect(await running).toMatchObject({ status: 'stopped' });
  });

  it.each([
    ['a shutdown', () => booted.close()],
    ['its signal', (controller: AbortController) => Promise.resolve(controller.abort())],
  ])('is stopped by %s, and recorded as such', async (_what, stop) => {
    server.answerWith(hang);
    const maintenance = await boot({});
    const controller = new AbortController();
    const running = maintenance.scanDependencies({ cwd: project(), signal: controller.signal });
    await eventually(async () => server.questions.length > 0);
    await stop(controller);
    expect(await running).toMatchObject({ status: 'stopped', verdict: 'unknown' });
    expect(await recordedRuns(database)).toMatchObject([{ status: 'stopped', error: null }]);
  });

  it.each([
    [{ level: 'info' }, 'level is "info", accepted is one of low, moderate, high, critical'],
    [{ cwd: '' }, 'cwd is "", accepted is the path of a folder'],
    [{ dryRun: true }, 'dryRun is not an option'],
  ])('refuses the call %j', async (request, problem) => {
    const maintenance = await boot({});
    const call = maintenance.scanDependencies(request as object);
    await expect(call).rejects.toThrow(MaintenanceConfigError);
    await expect(call).rejects.toThrow(problem);
  });
});
