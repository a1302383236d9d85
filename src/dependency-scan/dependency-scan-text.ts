import { complaintOf } from '../contract/task-report.js';
import { onOneLine } from '../text/format.js';
import type { Paint, PaintStyle } from '../text/paint.js';
import { runLine } from '../text/run-line.js';
import { type TableColumn, tableLines } from '../text/text-table.js';
import type { DependencyScanReport, ScanVerdict, Vulnerability } from './dependency-scan-report.js';
import { SEVERITIES } from './severity.js';

const COLUMNS: readonly TableColumn[] = [
  { title: 'severity', align: 'left' },
  { title: 'package', align: 'left' },
  { title: 'versions', align: 'left' },
  { title: 'fix', align: 'left' },
  { title: 'advisory', align: 'left' },
  { title: 'title', align: 'left' },
];

const VERDICT_STYLE: Readonly<Record<ScanVerdict, PaintStyle>> = {
  clean: 'green',
  vulnerable: 'red',
  unknown: 'yellow',
};

/** A report of a scan for people: a row for each vulnerability that it lists, what was allowed, and the verdict. */
export function dependencyScanText(report: DependencyScanReport, paint: Paint): string {
  const { vulnerabilities, counts } = report;
  const total = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
  const unlisted = total - vulnerabilities.length;
  const table = [
    ...tableLines(COLUMNS, vulnerabilities.map(cellsOf), paint),
    ...(unlisted > 0 ? [`and ${unlisted} more`] : []),
    '',
  ];
  return [...(total === 0 ? [] : table), ...notesOf(report), verdictLine(report, paint)].join('\n');
}

/** The failure of a scan or its findings at the level, in one sentence; undefined when there are none. */
export function dependencyScanComplaint(report: DependencyScanReport): string | undefined {
  const { status, atOrAboveLevel, level, reason } = report;
  if (status !== 'succeeded' || atOrAboveLevel === 0) {
    const error = report.error && { ...report.error, message: reason ?? report.error.message };
    return complaintOf('scan-dependencies', { status, error }, 'before it was done');
  }
  const noun = atOrAboveLevel === 1 ? 'vulnerability' : 'vulnerabilities';
  return `scan-dependencies found ${atOrAboveLevel} known ${noun} at or above ${level}`;
}

function cellsOf({ severity, package: name, range, fixAvailable, id, title }: Vulnerability): readonly string[] {
  const fix = { true: 'yes', false: 'no', null: '-' }[`${fixAvailable}`];
  return [severity, onOneLine(name), onOneLine(range, 40), fix, onOneLine(id), onOneLine(title)];
}

function notesOf({ allowed, staleAllowances }: DependencyScanReport): string[] {
  return [
    ...allowed.map(
      ({ id, package: name, severity, reason, expires }) =>
        `allowed until ${expires}: ${id} (${severity}) in ${onOneLine(name)}: ${onOneLine(reason)}`,
    ),
    ...staleAllowances.map(
      ({ id, expires }) => `expired or no longer needed in dependencyScan.allow: ${id} (until ${expires})`,
    ),
  ];
}

function verdictLine(report: DependencyScanReport, paint: Paint): string {
  const { verdict, counts, packageManager, lockFile } = report;
  const found = SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  const sum = {
    clean: 'no known vulnerabilities',
    vulnerable: found.join(', '),
    unknown: 'could not tell whether there are known vulnerabilities',
  }[verdict];
  const subject = lockFile === null ? '' : ` by ${packageManager ?? 'nobody'} audit of ${lockFile}`;
  return runLine(report, paint(VERDICT_STYLE[verdict], verdict), `${sum}${subject}`, paint);
}
