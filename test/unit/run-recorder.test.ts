import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceEvents } from '../../src/observability/maintenance-events.js';
import type { RunTelemetry } from '../../src/observability/telemetry/run-telemetry.js';
import type { RunClaim, RunEnd } from '../../src/tasks/run-record.js';
import { RunRecorder } from '../../src/tasks/run-recorder.js';
import type { RunsTable } from '../../src/tasks/runs-table.js';

const CLAIM: RunClaim = {
  runId: 'run-1',
  task: 'cleanup',
  slot: new Date('2026-03-01T03:00:00Z'),
  trigger: 'cron',
  owner: 'pod-1',
};
const RUN = { task: 'cleanup', runId: 'run-1', trigger: 'cron', slot: '2026-03-01T03:00:00.000Z' };

describe('what is said about the end of a run', () => {
  let emitted: [string, unknown][];
  let counted: unknown[];
  let recorder: RunRecorder;

  beforeEach(() => {
    [emitted, counted] = [[], []];
    const events: Pick<MaintenanceEvents, 'emit'> = { emit: (name, payload) => void emitted.push([name, payload]) };
    const telemetry: Partial<RunTelemetry> = { runSkipped: (run) => void counted.push(run) };
    const table: Pick<RunsTable, 'finish'> = { finish: async () => true };
    recorder = new RunRecorder(table as RunsTable, events as MaintenanceEvents, telemetry as RunTelemetry);
  });

  it.each([
    ['succeeded', []],
    ['partial', []],
    ['stopped', []],
    ['failed', ['tenxyte-maintenance.run.failed']],
    ['skipped', ['tenxyte-maintenance.run.skipped']],
  ] as const)('follows from its status: %s', async (status, others) => {
    const end: RunEnd = { status, report: null, error: { code: 'ODD', message: 'odd' } };
    await recorder.end(CLAIM, end);
    expect(emitted).toEqual([
      ['tenxyte-maintenance.run.finished', { ...RUN, ...end }],
      ...others.map((name) => [name, { ...RUN, report: null, error: end.error }]),
    ]);
    expect(counted).toEqual([]);
  });

  it('is that it was skipped, when it was not made', () => {
    recorder.skipped({ ...CLAIM, slot: null, trigger: 'manual' }, { report: null, error: null });
    const run = { ...RUN, slot: null, trigger: 'manual' };
    expect(emitted).toEqual([['tenxyte-maintenance.run.skipped', { ...run, report: null, error: null }]]);
    expect(counted).toEqual([{ ...run, isDryRun: false }]);
  });
});
