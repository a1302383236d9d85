import { countOf, formatCount, formatDuration } from '../text/format.js';
import { type Paint, STATUS_STYLE } from '../text/paint.js';
import { runLine } from '../text/run-line.js';
import { type TableColumn, tableLines } from '../text/text-table.js';
import { isBrakeRefusal } from './limits/brake.js';
import type { CleanupReport, CleanupTargetReport, SkipReason } from './cleanup-report.js';
import { ruleLines, unmatchedRules } from './rule-text.js';

const STATUS_COLUMN = 1;

const SKIP_REASONS: Readonly<Record<Exclude<SkipReason, 'held'>, string>> = {
  'kept-forever': 'its retention is 0, which keeps every row',
  'table-not-found': 'the database has no such table',
  stopped: 'the run was stopped before it came to this target',
};

/** A cleanup report for people: a row for each target, what went wrong with any below, and the sum. */
export function cleanupText(report: CleanupReport, paint: Paint): string {
  if (report.targets.length === 0) {
    return totals(report, paint);
  }
  const styles = report.targets.map((target) => (isRefused(target) ? 'yellow' : STATUS_STYLE[target.status]));
  const notes = report.targets.flatMap((target) => notesOf(target, paint));
  return [
    ...tableLines(columns(report), report.targets.map(cellsOf), paint, { column: STATUS_COLUMN, styles }),
    ...ruleLines(report, paint),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
    totals(report, paint),
  ].join('\n');
}

/** The failure of a cleanup, in one sentence; undefined when there is none. */
export function cleanupComplaint({ status, targets, error }: CleanupReport): string | undefined {
  if (status === 'succeeded') {
    return undefined;
  }
  const failure = (['refused', 'failed', 'partial'] as const).flatMap((outcome) => {
    const such = targets.filter((target) => (isRefused(target) ? 'refused' : target.status) === outcome);
    const names = such.map((target) => `${target.name} (${target.error?.code})`).join(', ');
    const verb = outcome === 'partial' ? 'done in part' : outcome;
    return such.length === 0 ? [] : [`${such.length} of ${countOf(targets.length, 'target')} ${verb}: ${names}`];
  });
  const stop = status === 'stopped' ? ['cleanup was stopped with work left, which the next run does'] : [];
  if (error !== undefined) {
    return [`cleanup ${status} (${error.code}): ${error.message}`, ...failure].join('; ');
  }
  return [...stop, ...failure].join('; ');
}

function columns({ dryRun }: CleanupReport): readonly TableColumn[] {
  return [
    { title: 'target', align: 'left' },
    { title: 'status', align: 'left', isKept: true },
    { title: dryRun ? 'would delete' : 'deleted', align: 'right', isKept: true },
    { title: 'cutoff (UTC)', align: 'left', isDetail: true },
    { title: 'retention', align: 'right' },
    { title: 'strategy', align: 'left', isDetail: true },
    { title: 'batches', align: 'right', isDetail: true },
    { title: 'longest batch', align: 'right', isDetail: true },
    { title: 'time', align: 'right' },
  ];
}

function cellsOf(target: CleanupTargetReport): readonly string[] {
  return [
    target.name,
    isRefused(target) ? 'refused' : target.status,
    isRefused(target) || target.status === 'skipped' ? '-' : formatCount(target.rows),
    target.cutoff === null ? '-' : target.cutoff.slice(0, 19).replace('T', ' '),
    retentionOf(target),
    target.strategy ?? '-',
    target.batches === 0 ? '-' : formatCount(target.batches),
    target.batches === 0 ? '-' : formatDuration(target.longestBatchMs),
    target.status === 'skipped' ? '-' : formatDuration(target.durationMs),
  ];
}

/** True of a target that a brake left untouched, or would. */
function isRefused({ brake, error, rows }: CleanupTargetReport): boolean {
  return brake !== undefined || isBrakeRefusal(rows, error?.code);
}

function retentionOf({ retentionDays }: CleanupTargetReport): string {
  if (retentionDays === null) {
    return '-';
  }
  return retentionDays === 0 ? 'forever' : countOf(retentionDays, 'day');
}

function notesOf(target: CleanupTargetReport, paint: Paint): string[] {
  const { name, status, lockedRows, skipReason, brake, error } = target;
  return [
    ...(error === undefined
      ? []
      : [
          paint(
            STATUS_STYLE[status],
            `${name} ${isRefused(target) ? 'refused' : status} (${error.code}): ${error.message}`,
          ),
        ]),
    ...(skipReason === undefined ? [] : [`${name} was skipped: ${skipText(skipReason, target)}`]),
    ...(brake === undefined
      ? []
      : [
          paint(
            'yellow',
            `${name}: ${countOf(target.rows, 'row')} due, a real run would refuse it (${brake}) and delete nothing of it`,
          ),
        ]),
    ...(lockedRows === 0 ? [] : [`${name}: ${countOf(lockedRows, 'due row')} locked, left to the next run`]),
    ...[...remainderOf(target), ...unmatchedRules(target)].map((note) => paint('yellow', note)),
  ];
}

function skipText(reason: SkipReason, { heldWhole }: CleanupTargetReport): string {
  return reason === 'held' ? `held whole by ${heldWhole.join(', ')}` : SKIP_REASONS[reason];
}

/** What stays for a reason that is not the error of the target, and what happened to the table, a sentence each without its full stop. */
export function remainderOf({ name, error, ...target }: CleanupTargetReport): string[] {
  const { referencedRows, referencedBy, keptRows, heldRows, tableChanges, isUncertain } = target;
  return [
    ...(isUncertain ? [`${name}: more or fewer rows may be gone, as an answer was lost or the server crashed`] : []),
    ...(referencedRows === 0 || error?.code === 'ROWS_REFERENCED'
      ? []
      : [`${name}: ${countOf(referencedRows, 'due row')} stayed, as rows of ${referencedBy.join(', ')} refer to them`]),
    ...(heldRows === null || heldRows === undefined || heldRows === 0
      ? []
      : [`${name}: ${countOf(heldRows, 'due row')} stay, as a legal hold holds them`]),
    ...(keptRows === 0 || error?.code === 'ROWS_KEPT'
      ? []
      : [`${name}: ${countOf(keptRows, 'due row')} kept by a trigger or rule`]),
    ...(tableChanges.length === 0
      ? []
      : [`${name}: looked at anew, as ${[...new Set(tableChanges)].join(', ')} changed meanwhile`]),
  ];
}

function totals(report: CleanupReport, paint: Paint): string {
  const { dryRun, status, targets } = report;
  const rows = report.rows - targets.reduce((sum, target) => sum + (isRefused(target) ? target.rows : 0), 0);
  const sum = `${dryRun ? 'would delete' : 'deleted'} ${countOf(rows, 'row')}`;
  return runLine(report, paint(STATUS_STYLE[status], status), sum, paint);
}
