import { complaintOf } from '../contract/task-report.js';
import { countOf, formatCount } from '../text/format.js';
import { type Paint, STATUS_STYLE } from '../text/paint.js';
import { runLine } from '../text/run-line.js';
import { type TableColumn, tableLines } from '../text/text-table.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

const COLUMNS: readonly TableColumn[] = [
  { title: 'TOTP secrets', align: 'left' },
  { title: 'users', align: 'right' },
];

/** Said of a table without a secret, from which nothing follows. */
export const NO_SECRETS = 'there are no secrets, so nothing is known of the previous keys';

/** True for a run that came to its end and met no secret. */
export function isWithoutSecrets({ total, status }: Pick<TotpKeyRotationReport, 'total' | 'status'>): boolean {
  return total === 0 && (status === 'succeeded' || status === 'partial');
}

/** A rotation's report for people: what became of the secrets, who needs help, and whether older keys can go. */
export function totpRotationText(report: TotpKeyRotationReport, paint: Paint): string {
  const { dryRun, mode, status } = report;
  return [
    ...tableLines(COLUMNS, cellsOf(report), paint),
    '',
    ...notesOf(report),
    verdict(report, paint),
    runLine(report, paint(STATUS_STYLE[status], status), dryRun ? 'tried' : mode, paint),
  ].join('\n');
}

/** The failure of a rotation, in one sentence; undefined when there is none. */
export function totpRotationComplaint(report: TotpKeyRotationReport): string | undefined {
  const isUndone = report.mode === 'atomic' && report.rotated + report.encryptedPlaintext === 0;
  const left = isUndone ? 'every secret is as it was' : 'the next run goes on where this one stopped';
  return complaintOf('rotate-totp-key', report, `with work left: ${left}`);
}

function cellsOf(report: TotpKeyRotationReport): readonly (readonly string[])[] {
  const { dryRun } = report;
  const rows: readonly (readonly [string, number])[] = [
    ['under the first key already', report.alreadyCurrent],
    [dryRun ? 'would come under the first key' : 'brought under the first key', report.rotated],
    [dryRun ? 'plain, would be encrypted' : 'plain, now encrypted', report.encryptedPlaintext],
    ['plain, left as they are', report.leftPlaintext],
    ['opened by none of the keys', report.undecryptable],
    ['locked by somebody else, left to the next run', report.heldUsers],
    ['total', report.total],
  ];
  return rows.map(([name, count]) => [name, formatCount(count)]);
}

function notesOf({ undecryptable, undecryptableUserIds, keyAgeDays, keyInUseSince }: TotpKeyRotationReport): string[] {
  const unlisted = undecryptable - undecryptableUserIds.length;
  const rest = unlisted > 0 ? ` and ${formatCount(unlisted)} more` : '';
  return [
    ...(undecryptable === 0 ? [] : [`opened by none of the keys: users ${undecryptableUserIds.join(', ')}${rest}`]),
    ...(keyInUseSince === null || keyAgeDays === null
      ? []
      : [`the first key has been in use since ${keyInUseSince.slice(0, 10)}, ${countOf(keyAgeDays, 'day')}`]),
  ];
}

function verdict(report: TotpKeyRotationReport, paint: Paint): string {
  if (isWithoutSecrets(report)) {
    return paint('yellow', `Keep the previous keys: ${NO_SECRETS}. Is this the table of the users (entities.User)?`);
  }
  const { safeToRetirePreviousKeys, dryRun } = report;
  if (safeToRetirePreviousKeys) {
    return paint('green', 'The previous keys can be retired: no secret needs one.');
  }
  return paint(
    'yellow',
    dryRun
      ? 'Keep the previous keys: secrets need them, or are opened by none.'
      : 'Keep the previous keys: not every secret is known to do without them.',
  );
}
