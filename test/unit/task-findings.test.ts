import { describe, expect, it } from '@jest/globals';
import type { MaintenanceTask } from '../../src/contract/maintenance-task.js';
import type { RunRow } from '../../src/status/run-row.js';
import { taskFindings } from '../../src/status/task-findings.js';

const AT = '2026-03-10T12:00:00.000000Z';

describe('what is said of the last run of a task', () => {
  const concerned: unknown[] = [];
  const task = {
    concerns: (fields: object) => {
      concerned.push(fields);
      return 'left' in fields ? ['much is left'] : [];
    },
  } as unknown as MaintenanceTask;
  const findings = (lastRun: Partial<RunRow>) =>
    taskFindings({
      task,
      record: {
        lastRun: { startedAt: AT, stopReason: null, error: null, fields: null, ...lastRun } as RunRow,
        lastSuccessAt: AT,
      },
      inForce: { schedule: undefined, by: undefined },
      since: null,
      at: AT,
      tolerance: { toleranceFactor: 1, minToleranceMinutes: 0 },
    } as Parameters<typeof taskFindings>[0]);

  it.each([
    ['requested', `its last run, begun at ${AT}, was stopped (`],
    [null, `its last run, begun at ${AT}, was stopped with work left`],
  ] as const)('is that it was stopped, by %j', (stopReason, message) => {
    expect(findings({ status: 'stopped', stopReason })).toEqual([
      { kind: 'last-run', level: 'warning', message: expect.stringContaining(message) },
    ]);
  });

  it.each(['running', 'skipped', 'succeeded'] as const)('is what it found when it is %s, if it tells', (status) => {
    concerned.length = 0;
    expect(findings({ status, fields: { left: 1 } })).toEqual([
      { kind: 'outcome', level: 'warning', message: 'much is left' },
    ]);
    expect(findings({ status })).toEqual([]);
    expect(concerned).toEqual([{ left: 1 }, {}]);
  });
});
