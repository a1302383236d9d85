import type { DoctorCheck, DoctorLevel, DoctorReport } from '../../doctor/doctor-report.js';
import { countOf } from '../../text/format.js';
import type { Paint, PaintStyle } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';

/** The worst first. */
const GROUPS: readonly { readonly level: DoctorLevel; readonly heading: string; readonly style: PaintStyle }[] = [
  { level: 'problem', heading: 'Problems', style: 'red' },
  { level: 'advice', heading: 'Advice', style: 'yellow' },
  { level: 'ok', heading: 'In order', style: 'green' },
];

/** A doctor's report for people: the findings by level, each with what to do, and how many there are. */
export function doctorText(report: DoctorReport, paint: Paint): string {
  const { checks } = inPlainText(report);
  const groups = GROUPS.map((group) => ({ ...group, found: checks.filter(({ level }) => level === group.level) }));
  const blocks = groups
    .filter(({ found }) => found.length > 0)
    .map(({ heading, style, found }) => [paint(style, heading), ...found.flatMap(linesOf), ''].join('\n'));
  const count = (wanted: DoctorCheck['level']): number => checks.filter(({ level }) => level === wanted).length;
  const sum = `${countOf(count('problem'), 'problem')}, ${count('advice')} advice, ${count('ok')} in order`;
  return [...blocks, sum].join('\n');
}

function linesOf({ name, subject, message, whatToDo }: DoctorCheck): string[] {
  const title = subject === undefined ? name : `${name} of ${subject}`;
  return [`  ${title}: ${message}`, ...(whatToDo === undefined ? [] : [`    what to do: ${whatToDo}`])];
}
