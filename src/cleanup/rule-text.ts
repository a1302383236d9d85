import { withoutPrototype } from '../validation/own-properties.js';
import { daysInWords } from '../retention/rule-precedence.js';
import { formatCount } from '../text/format.js';
import type { Paint } from '../text/paint.js';
import { inPlainText } from '../text/plain-text.js';
import { tableLines } from '../text/text-table.js';
import type { CleanupReport, CleanupTargetReport } from './cleanup-report.js';
import type { RuleInForce } from './rule-report.js';

/** A table of the rules of each target with the rows that fell to each; nothing when no target has any. */
export function ruleLines({ dryRun, targets }: Pick<CleanupReport, 'dryRun' | 'targets'>, paint: Paint): string[] {
  const rows = targets
    .map(withoutPrototype)
    .flatMap(({ name, rules = [] }) =>
      inPlainText(rules).map((rule) => [name, ruleInWords(rule), retentionInWords(rule), countInWords(rule.rows)]),
    );
  if (rows.length === 0) {
    return [];
  }
  const columns = [
    { title: 'rows of', align: 'left' },
    { title: 'rule', align: 'left' },
    { title: 'retention', align: 'right', isKept: true },
    { title: dryRun ? 'would delete' : 'deleted', align: 'right', isKept: true },
  ] as const;
  return ['', ...tableLines(columns, rows, paint)];
}

/** The rules of a target that no row matches, a sentence each without its full stop. */
export function unmatchedRules(target: Pick<CleanupTargetReport, 'name' | 'rules'>): string[] {
  const { name, rules = [] } = withoutPrototype(target);
  return inPlainText(rules)
    .filter(({ hasMatches }) => hasMatches === false)
    .map(
      ({ rule, index }) => `${name}: no row matches retention.rules.${index} (${rule}), due or not; is it misspelt?`,
    );
}

/** What a rule names; of the default that it is for all other rows. */
export function ruleInWords({ index, rule }: RuleInForce): string {
  return index === null ? 'all others' : rule;
}

/** `400 days`, `forever`, or that expiry alone decides. */
export function retentionInWords({ days }: RuleInForce): string {
  return days === null ? 'as expiry has it' : daysInWords(days);
}

function countInWords(rows: number | null): string {
  return rows === null ? 'not counted' : formatCount(rows);
}
