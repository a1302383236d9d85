import { BOUNDED_RETENTION_OPTIONS } from '../../retention/retention-bounds.js';
import { zeroMeansForever, type RetentionOption } from '../../retention/retention-policy.js';
import { daysInWords, ruleName } from '../../retention/rule-precedence.js';
import { countOf } from '../../text/format.js';
import { inPlainText } from '../../text/plain-text.js';
import type { RetentionSchedule, ScheduledTarget } from './retention-schedule.js';

type Schedule = Omit<RetentionSchedule, 'markdown'>;

/** A retention schedule as a Markdown document, for whoever audits it. */
export function scheduleMarkdown(schedule: Schedule): string {
  const { at, decidedBy, targets } = schedule;
  const decider =
    decidedBy === 'provider'
      ? 'A provider of the application decides it, which every run asks, and which was asked for this document.'
      : 'The options of the application or of this command decide it.';
  return [
    '# Retention schedule',
    `In force at ${at}, by the clock of the database. ${decider}`,
    '## What is deleted, and when',
    table(['records', 'deleted when', 'of them', 'kept for', 'due now: before'], targets.flatMap(targetRows)),
    'A row exactly at its cutoff is kept. A day is 24 hours. An opt-in target is cleaned when the options or a call name it.',
    '## Which rule holds',
    [
      'Of several rules that match a record one holds: that of the highest priority, then the one that names more of application, organization',
      'and action, then one that names an application, then one that names an organization. For records that no rule matches the last line of',
      'their table holds. A person may put other days in its place for one run, within the bounds; the rules stay as they are.',
    ].join(' '),
    '## Options',
    table(['option', 'value'], Object.entries(schedule.retention).map(optionRow)),
    '## Bounds',
    boundsText(schedule),
    '## Brakes',
    brakesText(schedule),
    '',
  ].join('\n\n');
}

function targetRows({ name, isIncluded, deletedWhen, rules }: ScheduledTarget): string[][] {
  return rules.map(({ definition, days, cutoff, index }, place) => [
    place === 0 ? `${name}${isIncluded ? '' : ' (opt-in)'}` : '',
    index === null ? deletedWhen : 'by a rule',
    definition === null ? (rules.length === 1 ? 'all' : 'all others') : ruleName(definition, Infinity),
    days === null ? 'as the options below say' : daysInWords(days),
    days === null ? '' : (cutoff ?? 'never'),
  ]);
}

function optionRow([option, value]: readonly [string, number]): string[] {
  const isMinutes = option === 'expiredGraceMinutes';
  const zero = zeroMeansForever(option as RetentionOption) ? 'forever' : 'none';
  return [option, value === 0 ? `0 (${zero})` : countOf(value, isMinutes ? 'minute' : 'day')];
}

/** Rules are bound by the option that holds for the other rows of their target. */
function boundsText({ retentionBounds }: Schedule): string {
  const rows = BOUNDED_RETENTION_OPTIONS.flatMap((option) => {
    const { minDays, maxDays } = retentionBounds[option] ?? {};
    const days = (count: number | undefined): string => (count === undefined ? '-' : countOf(count, 'day'));
    return minDays === undefined && maxDays === undefined ? [] : [[option, days(minDays), days(maxDays)]];
  });
  return rows.length === 0
    ? 'None: any retention is accepted.'
    : `A policy outside of these, rules and single runs included, is refused before anything is deleted.\n\n${table(['option', 'at least', 'at most'], rows)}`;
}

function brakesText({ brakes: { maxRowsPerTarget, maxFractionPerTarget } }: Schedule): string {
  const limits = [
    ...(maxRowsPerTarget > 0 ? [countOf(maxRowsPerTarget, 'row')] : []),
    ...(maxFractionPerTarget > 0 ? [`${maxFractionPerTarget * 100} % of its rows`] : []),
  ];
  return limits.length === 0
    ? 'None: a run deletes all that is due.'
    : `A run that would delete more than ${limits.join(' or ')} of a target deletes nothing of it, unless a person forces it.`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(titles), `| ${titles.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** What a provider chose may hold anything. */
function cellText(text: string): string {
  return inPlainText(text).replaceAll(/[\\|`*<>[\]]/g, '\\$&');
}
