import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { type StatusWatch, watchStatus } from '../../src/cli/output/status-watch.js';
import type { MaintenanceStatus, TaskState } from '../../src/index.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const ESCAPE = '\u001B';
const UP = new RegExp(`${ESCAPE}\\[(\\d+)A`, 'g');
const BACK = new RegExp(`${ESCAPE}\\[\\d+A${ESCAPE}\\[0J`);
const AT = '2026-03-01T03:00:00.123456Z';
const CLEANUP: TaskState = {
  task: 'cleanup',
  schedule: { source: 'none', by: null, expression: null, description: null, timeZone: null, recordedSince: null },
  lastRun: null,
  lastSuccessAt: null,
  running: null,
  pause: null,
  nextRunAt: null,
  health: 'unknown',
  reason: 'it has not run yet',
};
const running = (overall: number, leaseSecondsLeft: number): TaskState => ({
  ...CLEANUP,
  running: {
    runId: 'run-1',
    trigger: 'cron',
    slot: null,
    owner: 'pod-1',
    force: false,
    startedBy: null,
    startedAt: AT,
    cancelRequestedAt: null,
    cancelledBy: null,
    leaseExpiresAt: AT,
    leaseSecondsLeft,
    progress: {
      overall,
      parts: [
        { name: 'otp_codes', unit: 'row', count: 7, fraction: 1, remainingMs: 0, status: 'succeeded', reason: null },
        {
          name: 'audit_logs',
          unit: 'row',
          count: 1200,
          fraction: 0.2,
          remainingMs: 65_000,
          status: null,
          reason: null,
        },
      ],
    },
  },
});
const statusOf = (task: TaskState, second: number): MaintenanceStatus => ({
  task: 'status',
  status: 'succeeded',
  at: `2026-03-01T03:00:0${second}.000000Z`,
  isRecorded: true,
  tasks: [task],
  holds: null,
});

/** Watches these statuses, one a look, and is stopped when none is left. */
async function watched(
  stdout: StatusWatch['stdout'],
  tasks: readonly TaskState[],
  more: Partial<StatusWatch> = {},
): Promise<number> {
  const stop = new AbortController();
  let looks = 0;
  await watchStatus({
    stdout,
    env: {},
    redact: (text) => text,
    stop: stop.signal,
    ask: async () => {
      const task = tasks[looks] ?? CLEANUP;
      looks += 1;
      return statusOf(task, looks);
    },
    wait: async () => {
      if (looks === tasks.length) {
        stop.abort();
      }
    },
    ...more,
  });
  return looks;
}

describe('status --watch', () => {
  it('tells how far a run in another process is', async () => {
    const stdout = new PassThrough({ encoding: 'utf8' });
    await watched(stdout, [running(0.433, 40)]);
    expect(stdout.read()).toContain(
      'cleanup is at work: run run-1 of pod-1 since 2026-03-01T03:00:00.123456Z; its lease has 40 s left; ' +
        '43% done, audit_logs: 1,200 rows, 1 min 5 s left\n',
    );
  });

  it('writes one status below the other in a pipe, whenever something but the time has changed', async () => {
    const stdout = new PassThrough({ encoding: 'utf8' });
    expect(await watched(stdout, [CLEANUP, CLEANUP, running(0.1, 40), running(0.1, 39), running(0.2, 60)])).toBe(5);
    const text = String(stdout.read());
    expect(text.match(/as of 2026-03-01T03:00:0\d/g)).toEqual(
      ['1', '3', '5'].map((second) => `as of 2026-03-01T03:00:0${second}`),
    );
    expect(text).not.toContain('\u001B');
    expect(text).toMatch(/^task[^]*\n\ntask[^]*\n\ntask[^]*[^\n]\n$/);
  });

  it.each([80, 120])('draws each status over the one before on a terminal of %i columns', async (columns) => {
    const stdout = new FakeTerminal(columns);
    await watched(stdout, [running(0.1, 40), running(0.2, 39), CLEANUP]);
    const frames = stdout.written.split(BACK);
    const heights = frames.map((frame) => frame.split('\n').length - 1);
    expect([...stdout.written.matchAll(UP)].map(([, up]) => Number(up))).toEqual(heights.slice(0, 2));
    expect(frames).toHaveLength(3);
    expect(
      Math.max(
        ...frames.flatMap((frame) =>
          stripVTControlCharacters(frame)
            .split('\n')
            .map((line) => line.length),
        ),
      ),
    ).toBeLessThanOrEqual(columns);
  });

  it('draws no more lines than a terminal has', async () => {
    const stdout = Object.assign(new FakeTerminal(80), { rows: 5 });
    await watched(stdout, [running(0.1, 40), CLEANUP]);
    expect([...stdout.written.matchAll(UP)].map(([, up]) => up)).toEqual(['4']);
    expect(stripVTControlCharacters(stdout.written).split('\n')).toHaveLength(2 * 4 + 1);
  });

  it('moves nothing on a terminal that cannot', async () => {
    const stdout = new FakeTerminal();
    await watched(stdout, [CLEANUP, running(0.1, 40)], { env: { TERM: 'dumb' } });
    expect(stdout.written).not.toContain('\u001B');
  });

  it('hides what has to be hidden, and ends when nobody reads any more', async () => {
    const stdout = new PassThrough({ encoding: 'utf8' });
    const wait = async (): Promise<void> => void stdout.end();
    const redact = (text: string): string => text.replaceAll('pod-1', '***');
    expect(await watched(stdout, [running(0.1, 40), CLEANUP], { wait, redact })).toBe(1);
    expect(stdout.read()).toContain('run run-1 of *** since');
  });

  it('is refused beside --json, which is one document', async () => {
    const [stdout, stderr] = [new FakeTerminal(), new FakeTerminal()];
    expect(await runCommandLine({ args: ['status', '--watch', '--json'], env: {}, stdout, stderr })).toBe(2);
    expect(stderr.written).toContain('--watch is given beside --json, accepted is one of both.');
  });
});
