import type { LoggerService } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BacklogReport, TargetBacklog } from '../../src/cleanup/backlog/backlog-report.js';
import { BacklogGauges } from '../../src/cleanup/backlog/backlog-gauges.js';
import { MaintenanceMeter } from '../../src/telemetry/maintenance-meter.js';
import { loadOpenTelemetry, OpenTelemetry } from '../../src/telemetry/open-telemetry.js';
import { eventually } from '../support/eventually.js';
import { usePrometheus } from '../support/telemetry.js';

const AUDIT_LOGS = { tenxyte_maintenance_cleanup_target: 'audit_logs' };
const REAL = ['setInterval', 'setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'hrtime'] as const;

const of = (name: TargetBacklog['name'], more: Partial<TargetBacklog> = {}): TargetBacklog => ({
  name,
  status: 'measured',
  dueRows: 7,
  isEstimate: false,
  oldestDueSince: '2026-03-01T03:00:00.000000Z',
  oldestDueSeconds: 90,
  tableBytes: 8192,
  isFallingBehind: true,
  ...more,
});
const report = (...targets: readonly TargetBacklog[]): BacklogReport => ({
  measuredAt: '2026-03-01T03:01:30.000000Z',
  scheduleIntervalSeconds: 30,
  holdsInForce: 2,
  targets,
});

describe('the gauges of the backlog', () => {
  const scrape = usePrometheus();
  let measured: number;
  let warnings: string[];
  let measure: () => Promise<BacklogReport>;
  let gauges: BacklogGauges;

  const show = async (dataSource = 'default'): Promise<void> => {
    const openTelemetry = new OpenTelemetry(loadOpenTelemetry);
    await openTelemetry.onModuleInit();
    gauges = new BacklogGauges(new MaintenanceMeter(openTelemetry), dataSource, {
      measure: () => {
        measured += 1;
        return measure();
      },
    });
    gauges.onApplicationBootstrap();
  };
  const logger: LoggerService = {
    log: () => undefined,
    error: () => undefined,
    warn: (message: unknown) => warnings.push(String(message)),
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: [...REAL] });
    Logger.overrideLogger(logger);
    measured = 0;
    warnings = [];
    measure = async () => report(of('audit_logs'));
  });
  afterEach(() => {
    gauges.onModuleDestroy();
    Logger.overrideLogger(false);
    jest.useRealTimers();
  });

  it('show what is known of each target', async () => {
    const unknown = { status: 'failed', dueRows: null, oldestDueSeconds: null, tableBytes: null } as const;
    measure = async () => report(of('audit_logs'), of('otp_codes', unknown));
    await show();
    const page = await scrape();
    expect(page.value('tenxyte_maintenance_backlog_rows', AUDIT_LOGS)).toBe(7);
    expect(page.value('tenxyte_maintenance_backlog_oldest_age', AUDIT_LOGS)).toBe(90);
    expect(page.value('tenxyte_maintenance_backlog_table_size', AUDIT_LOGS)).toBe(8192);
    expect(page.value('tenxyte_maintenance_backlog_falling_behind', AUDIT_LOGS)).toBe(1);
    expect(page.text).not.toContain('otp_codes');
    expect(page.value('tenxyte_maintenance_holds', {})).toBe(2);
  });

  it('show no number of holds where nobody can tell it', async () => {
    measure = async () => ({ ...report(of('audit_logs')), holdsInForce: null });
    await show();
    const { text } = await scrape();
    expect(text).toContain('backlog_rows{');
    expect(text).not.toMatch(/^tenxyte_maintenance_holds\b/m);
  });

  it('measure once a minute, however often they are read', async () => {
    await show();
    expect(measured).toBe(0);
    await Promise.all([scrape(), scrape()]);
    jest.advanceTimersByTime(59_999);
    await scrape();
    expect(measured).toBe(1);
    jest.advanceTimersByTime(1);
    measure = async () => report(of('audit_logs', { isFallingBehind: false, dueRows: 0 }));
    const page = await scrape();
    expect(measured).toBe(2);
    expect(page.value('tenxyte_maintenance_backlog_rows', AUDIT_LOGS)).toBe(0);
    expect(page.value('tenxyte_maintenance_backlog_falling_behind', AUDIT_LOGS)).toBe(0);
  });

  it('show nothing when the backlog cannot be measured, and warn of it once a minute', async () => {
    measure = async () => Promise.reject(new Error('no database'));
    await show();
    expect((await scrape()).text).not.toContain('backlog_rows{');
    await scrape();
    expect(warnings).toEqual(['The backlog could not be measured for the metrics: no database']);
    expect(measured).toBe(1);
  });

  it('keep a reader waiting for 5 s at most, and show the measurement to the next one', async () => {
    let finish = (_report: BacklogReport): void => undefined;
    measure = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await show();
    const reading = scrape();
    await eventually(async () => measured === 1);
    jest.advanceTimersByTime(5_000);
    expect((await reading).text).not.toContain('backlog_rows{');
    finish(report(of('audit_logs')));
    expect((await scrape()).value('tenxyte_maintenance_backlog_rows', AUDIT_LOGS)).toBe(7);
    expect(measured).toBe(1);
  });

  it('name the data source of an import that has one', async () => {
    await show('archive');
    const labels = { ...AUDIT_LOGS, tenxyte_maintenance_data_source: 'archive' };
    expect((await scrape()).value('tenxyte_maintenance_backlog_rows', labels)).toBe(7);
  });

  it('are gone, and measure nothing, once the application shuts down', async () => {
    await show();
    gauges.onModuleDestroy();
    expect((await scrape()).text).not.toContain('backlog_rows{');
    expect(measured).toBe(0);
  });

  it('are not there without a source', async () => {
    const openTelemetry = new OpenTelemetry(loadOpenTelemetry);
    await openTelemetry.onModuleInit();
    gauges = new BacklogGauges(new MaintenanceMeter(openTelemetry), 'default');
    gauges.onApplicationBootstrap();
    expect((await scrape()).text).not.toContain('backlog_rows{');
  });
});
