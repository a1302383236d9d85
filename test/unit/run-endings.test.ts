import { describe, expect, it } from '@jest/globals';
import type { TaskReport } from '../../src/contract/task-report.js';
import { endOf } from '../../src/tasks/run-endings.js';

describe('the summary of a run', () => {
  const error = { code: 'X', retryable: false, message: 'it went wrong' };
  const summaryOf = (report: Pick<TaskReport, 'status'> & { error?: typeof error }, sentence: string): string =>
    endOf({ summarize: () => sentence, logSummary: () => ({}) as never }, report as TaskReport).summary;

  it.each([
    ['what it did', { status: 'succeeded' }, 'deleted 1 row', 'deleted 1 row'],
    ['what it did, when it was not all', { status: 'partial', error }, 'deleted 1 row', 'deleted 1 row'],
    ['why it was undone', { status: 'failed', error }, 'deleted 1 row', 'it went wrong'],
    ['what went wrong, when the task has no words', { status: 'partial', error }, '', 'it went wrong'],
    ['how it ended, when nobody has words', { status: 'stopped' }, '', 'stopped'],
  ] as const)('is %s', (_what, report, sentence, summary) => {
    expect(summaryOf(report, sentence)).toBe(summary);
  });
});
