import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { RunEvents } from '../../src/contract/run-events.js';
import type { RunClaim } from '../../src/contract/run-record.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import type { RunTime } from '../../src/tasks/clocks.js';
import { RunRecorder } from '../../src/tasks/runs/run-recorder.js';
import type { RunsTable } from '../../src/tasks/runs/runs-table.js';
import type { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import type { RunInstrumentation } from '../../src/telemetry/run-instrumentation.js';

const CLAIM: RunClaim = {
  runId: 'run-1',
  task: 'cleanup',
  slot: new Date('2026-03-01T03:00:00Z'),
  trigger: 'cron',
  owner: 'pod-1',
};
const RUN = {
  task: 'cleanup',
  runId: 'run-1',
  trigger: 'cron',
  slot: '2026-03-01T03:00:00.000Z',
  force: false,
  startedBy: null,
};

describe('what is said about the end of a run', () => {
  let emitted: [string, unknown][];
  let counted: unknown[];
  let recorder: RunRecorder;
  let lines: string[];
  let slept: number[];
  let records: (boolean | Error)[];

  beforeEach(() => {
    [emitted, counted, lines, slept, records] = [[], [], [], [], []];
    const note = (text: string): number => lines.push(text);
    Logger.overrideLogger({ log: () => undefined, warn: note, error: note });
    const events = { emit: (name: string, payload: unknown) => void emitted.push([name, payload]) };
    const instrumentation: Pick<RunInstrumentation, 'skipped'> = { skipped: (run) => void counted.push(run) };
    const finish = async (): Promise<boolean> => {
      const answer = records.shift() ?? true;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    };
    const time: RunTime = {
      now: () => 0,
      idle: async () => undefined,
      sleep: async (milliseconds) => void slept.push(milliseconds),
    };
    const table = { finish } as unknown as RunsTable;
    recorder = new RunRecorder(
      table,
      events as unknown as MaintenanceEvents<RunEvents>,
      instrumentation as RunInstrumentation,
      time,
      resolveMaintenanceOptions({}).coordination,
    );
  });
  afterEach(() => Logger.overrideLogger(true));

  it.each([
    ['succeeded', []],
    ['partial', []],
    ['stopped', []],
    ['failed', ['tenxyte-maintenance.run.failed']],
    ['skipped', ['tenxyte-maintenance.run.skipped']],
  ] as const)('follows from its status: %s', async (status, others) => {
    const end = { status, report: null, error: { code: 'ODD', retryable: false, message: 'odd' } };
    await recorder.end(CLAIM, { ...end, stopReason: null, summary: 'odd' });
    expect(emitted).toEqual([
      ['tenxyte-maintenance.run.finished', { ...RUN, ...end }],
      ...others.map((name) => [name, { ...RUN, report: null, error: end.error }]),
    ]);
    expect(counted).toEqual([]);
  });

  const away = new Error('the server restarts');

  it.each([
    ['at once', [true], [], []],
    ['when the database is back', [away, away, true], [500, 1_000], []],
    [
      'never, when it stays away',
      [away, away, away, away, true],
      [500, 1_000, 2_000],
      ['The end of cleanup run-1 could not be recorded: the server restarts'],
    ],
    [
      'as lost, when somebody took it for crashed',
      [away, false],
      [500],
      ['cleanup run-1 outlived its lease and is recorded as lost; it succeeded'],
    ],
  ])('is recorded %s, and is emitted in any case', async (_, answers, pauses, words) => {
    records = answers;
    const end = await recorder.end(CLAIM, {
      status: 'succeeded',
      report: null,
      error: null,
      stopReason: null,
      summary: '',
    });
    const [problem] = words;
    expect([end.status, end.error]).toEqual(
      problem === undefined
        ? ['succeeded', null]
        : ['partial', { code: 'END_NOT_RECORDED', retryable: false, message: problem }],
    );
    expect({ slept, lines }).toEqual({ slept: pauses, lines: words });
    expect(emitted.map(([name]) => name)).toEqual(['tenxyte-maintenance.run.finished']);
  });

  it('is that it was skipped, when it was not made', () => {
    recorder.skipped({ ...CLAIM, slot: null, trigger: 'manual' }, { report: null, error: null });
    const run = { ...RUN, slot: null, trigger: 'manual' };
    expect(emitted).toEqual([['tenxyte-maintenance.run.skipped', { ...run, report: null, error: null }]]);
    expect(counted).toEqual([{ ...run, isDryRun: false }]);
  });
});
