import type { RetentionExplanation } from '../../cleanup/policy/explain-retention.js';
import { countsFromExpiry } from '../../cleanup/policy/retention-question.js';
import type { RuleInForce } from '../../cleanup/rule-report.js';
import { retentionInWords, ruleInWords } from '../../cleanup/rule-text.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { tableLines } from '../../text/text-table.js';

/** The rule that holds for a row, for people: its cutoff, and the others that match. */
export function explanationText(explanation: RetentionExplanation, paint: Paint): string {
  const { target, winner, runnersUp, decidedBy, at } = inPlainText(explanation);
  const rows = [winner, ...runnersUp].map((rule, place) => [
    place === 0 ? 'holds' : `${place + 1}.`,
    nameOf(rule),
    retentionInWords(rule),
    cutoffOf(rule),
  ]);
  const titles = ['', 'rule', 'kept', 'due before (UTC)'].map(
    (title) => ({ title, align: 'left', isKept: true }) as const,
  );
  const since = countsFromExpiry(target) ? ' after expiry or revocation' : '';
  return [
    `${target}: ${paint('bold', nameOf(winner))} holds, which keeps ${retentionInWords(winner)}${winner.days === null ? '' : since}`,
    '',
    ...tableLines(titles, rows, paint, { column: 0, styles: rows.map((_, place) => (place === 0 ? 'green' : 'dim')) }),
    '',
    ...dueLine(explanation),
    paint('dim', `decided by ${decidedBy === 'provider' ? 'a provider' : 'the options'}, as of ${at}`),
  ].join('\n');
}

function nameOf(rule: RuleInForce): string {
  return rule.index === null ? 'the default' : `retention.rules.${rule.index}, ${ruleInWords(rule)}`;
}

function cutoffOf({ cutoff, days }: RuleInForce): string {
  return cutoff === null || days === null ? '-' : cutoff.slice(0, 19).replace('T', ' ');
}

function dueLine({ isDue, dueAt }: RetentionExplanation): string[] {
  if (isDue === null) {
    return [];
  }
  return [
    dueAt === null ? 'The row is never due.' : `The row ${isDue ? 'has been due since' : 'is due after'} ${dueAt}.`,
  ];
}
