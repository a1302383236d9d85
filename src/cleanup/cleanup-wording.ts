import { CLEANUP_TASK } from '../contract/maintenance-task.js';
import type { RunFigures, TaskWording } from '../telemetry/run-log.js';
import { countOf } from '../text/format.js';
import type { CleanupReport } from './cleanup-report.js';

/** `deleted 1,234 rows of 7 targets`, and which targets failed. */
export const CLEANUP_WORDING: TaskWording<CleanupReport> = { task: CLEANUP_TASK.name, figures };

function figures({ dryRun, rows, targets }: CleanupReport): RunFigures {
  const cleaned = targets.filter(({ status }) => status === 'succeeded');
  return {
    text: `${dryRun ? 'would delete' : 'deleted'} ${countOf(rows, 'row')} of ${countOf(targets.length, 'target')}`,
    fields: { rows, targets: targets.length, cleanedTargets: cleaned.length, rowsByTarget: rowsByTarget(targets) },
    problems: targets.flatMap(({ name, error }) =>
      error === undefined ? [] : [`${name} failed (${error.code}): ${error.message}`],
    ),
  };
}

function rowsByTarget(targets: CleanupReport['targets']): Readonly<Record<string, number>> {
  return Object.fromEntries(targets.filter(({ rows }) => rows > 0).map(({ name, rows }) => [name, rows]));
}
