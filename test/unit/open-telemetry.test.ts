import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import * as api from '@opentelemetry/api';
import { AGENT_METRICS } from '../../src/agent-heartbeat/agent-heartbeat.metrics.js';
import { recordBatch } from '../../src/cleanup/cleanup-telemetry.js';
import { CLEANUP_TASK } from '../../src/cleanup/cleanup.task.js';
import type { ObservedRun } from '../../src/contract/run-events.js';
import type { TaskReport } from '../../src/index.js';
import { MaintenanceMeter } from '../../src/telemetry/maintenance-meter.js';
import { MaintenanceSpans } from '../../src/telemetry/maintenance-spans.js';
import { OpenTelemetry, type OpenTelemetryLoader } from '../../src/telemetry/open-telemetry.js';
import { RunInstrumentation } from '../../src/telemetry/run-instrumentation.js';
import type { RunLog } from '../../src/telemetry/run-log.js';
import type { Telemetry } from '../../src/telemetry/telemetry.js';

const RUN: ObservedRun = {
  task: 'cleanup',
  runId: 'run-1',
  trigger: 'cron',
  slot: null,
  force: false,
  startedBy: null,
  isDryRun: false,
};
const REPORT: TaskReport = {
  task: 'cleanup',
  status: 'succeeded',
  dryRun: false,
  runId: 'run-1',
  runAt: '2026-03-01T03:00:00.000000Z',
  durationMs: 1,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
};

describe('the telemetry of runs', () => {
  let warnings: string[];

  const ignore = (): void => undefined;
  const logger: LoggerService = {
    log: ignore,
    error: ignore,
    warn: (message: unknown) => warnings.push(String(message)),
  };
  const telemetry = async (load: OpenTelemetryLoader): Promise<Telemetry> => {
    const openTelemetry = new OpenTelemetry(load);
    await openTelemetry.onModuleInit();
    const spans = new MaintenanceSpans(openTelemetry);
    const { record } = new MaintenanceMeter(openTelemetry);
    return { trace: (plan, work) => spans.trace(plan, work), record };
  };
  /** Everything that a run does with it. */
  const use = async (telemetryOfRun: Telemetry): Promise<[report: TaskReport, timesWorked: number]> => {
    const log = { started: ignore, ended: ignore, threw: ignore } as unknown as RunLog;
    const runs = new RunInstrumentation(log, telemetryOfRun);
    let timesWorked = 0;
    const report = await runs.during(CLEANUP_TASK, RUN, async () => {
      timesWorked += 1;
      return REPORT;
    });
    recordBatch(telemetryOfRun, { target: 'otp_codes', rows: 1, durationMs: 1 });
    telemetryOfRun.record(AGENT_METRICS.suspendedAgents, 1);
    runs.skipped(RUN);
    const failing = runs.during(CLEANUP_TASK, RUN, async () => {
      throw new Error('the work of the run');
    });
    await expect(failing).rejects.toThrow('the work of the run');
    return [report, timesWorked];
  };
  const fail = (): never => {
    throw new Error('a broken SDK');
  };

  beforeEach(() => {
    warnings = [];
    Logger.overrideLogger(logger);
  });
  afterEach(() => Logger.overrideLogger(false));

  it('does nothing, and says nothing, where the API is not installed', async () => {
    const runs = await telemetry(async () => undefined);
    expect(await use(runs)).toEqual([REPORT, 1]);
    expect(warnings).toEqual([]);
  });

  it('does nothing where the API has no SDK', async () => {
    expect(await use(await telemetry(async () => api))).toEqual([REPORT, 1]);
    expect(warnings).toEqual([]);
  });

  it.each<[string, Partial<Record<keyof typeof api, unknown>>]>([
    ['no tracer', { trace: { getTracer: fail } }],
    ['no meter', { metrics: { getMeterProvider: fail } }],
    ['meters without instruments', { metrics: { getMeterProvider: () => ({ getMeter: () => ({}) }) } }],
    [
      'spans that throw',
      { trace: { getTracer: () => ({ startSpan: () => ({ setAttributes: fail, end: fail }) }), setSpan: () => ({}) } },
    ],
    ['a context manager that throws', { context: { active: () => api.ROOT_CONTEXT, with: fail } }],
    [
      'a context manager that throws after the work began',
      {
        context: {
          active: () => api.ROOT_CONTEXT,
          with: (_context: unknown, work: () => unknown) => {
            work();
            fail();
          },
        },
      },
    ],
  ])('harms no run, and warns once, when there is %s', async (_name, broken) => {
    const runs = await telemetry(async () => ({ ...api, ...broken }) as typeof api);
    expect(await use(runs)).toEqual([REPORT, 1]);
    expect(warnings).toEqual([
      expect.stringMatching(/^OpenTelemetry threw, the runs go on without its metrics and spans: /),
    ]);
  });
});
