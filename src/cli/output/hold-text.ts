import type { HoldStatus, LegalHold, LegalHoldDetails } from '../../holds/legal-hold.js';
import { foldLine } from '../../text/fold.js';
import { countOf } from '../../text/format.js';
import type { Paint, PaintStyle } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { type TableColumn, tableLines } from '../../text/text-table.js';
import { shortInstant } from './status-text.js';

const STATUS_STYLE: Readonly<Record<HoldStatus, PaintStyle>> = {
  active: 'green',
  'cooling-down': 'yellow',
  ended: 'dim',
};
/** So much of an id tells it from others, and is taken for it. */
const SHORT_ID = 8;

const COLUMNS: readonly TableColumn[] = [
  { title: 'hold', align: 'left', isKept: true },
  { title: 'status', align: 'left', isKept: true },
  { title: 'case', align: 'left', isKept: true },
  { title: 'holds', align: 'left' },
  { title: 'placed by', align: 'left', isDetail: true },
  { title: 'placed (UTC)', align: 'left', isKept: true },
  { title: 'ends (UTC)', align: 'left' },
];

/** Holds for people, a row each. */
export function holdListText(holds: readonly LegalHold[], paint: Paint): string {
  if (holds.length === 0) {
    return 'no legal hold is in force';
  }
  const shown = inPlainText(holds);
  const rows = shown.map((hold) => [
    hold.id.slice(0, SHORT_ID),
    hold.status,
    hold.caseRef,
    scopeText(hold),
    hold.placedBy,
    shortInstant(hold.placedAt),
    shortInstant(hold.effectiveReleaseAt),
  ]);
  const styles = shown.map(({ status }) => STATUS_STYLE[status]);
  return [...tableLines(COLUMNS, rows, paint, { column: 1, styles }), '', countOf(holds.length, 'hold')].join('\n');
}

/** What a hold holds, in words: `user 5, application 3, in audit_logs`. */
function scopeText(hold: LegalHold): string {
  const { target, userId, identifiers, applicationId, organizationId, createdFrom, createdTo, status } = hold;
  const parts = [
    ...(userId === null ? [] : [`user ${userId}`]),
    ...(identifiers === null ? [] : [status === 'ended' ? 'identifiers, forgotten' : identifiers.join(' or ')]),
    ...(applicationId === null ? [] : [`application ${applicationId}`]),
    ...(organizationId === null ? [] : [`organization ${organizationId}`]),
    ...(createdFrom === null ? [] : [`made since ${createdFrom}`]),
    ...(createdTo === null ? [] : [`made before ${createdTo}`]),
  ];
  const rows = parts.length === 0 ? 'every row' : parts.join(', ');
  return target === null ? rows : `${rows} in ${target}`;
}

/** The answer to a placement. */
export function placedText(hold: LegalHold | LegalHoldDetails, paint: Paint): string {
  return [
    `${paint('green', 'placed')}: from now on nothing that this hold holds is deleted`,
    '',
    'events' in hold
      ? holdText(hold, paint)
      : `hold ${hold.id}: what it comes to could not be read back, \`hold show ${hold.id.slice(0, 8)}\` tells`,
  ].join('\n');
}

/** The answer to a release. */
export function releasedText({ id, effectiveReleaseAt }: LegalHold, paint: Paint): string {
  return `${paint('green', 'released')}: the hold ${id} stays in force until ${effectiveReleaseAt}`;
}

/** The answer to what holds a row. */
export function heldRowText(holds: readonly LegalHold[], paint: Paint): string {
  return holds.length === 0
    ? 'no legal hold holds such a row'
    : [`${paint('yellow', 'held')}: such a row is not deleted`, '', holdListText(holds, paint)].join('\n');
}

const LABEL_WIDTH = 'released by'.length;

/** One hold for people, with what happened to it. */
export function holdText(details: LegalHoldDetails, paint: Paint): string {
  const hold = inPlainText(details);
  const entries: readonly (readonly [string, string])[] = [
    ['hold', hold.id],
    ['status', paint(STATUS_STYLE[hold.status], hold.status)],
    ['case', hold.caseRef],
    ['reason', hold.reason],
    ['holds', scopeText(hold)],
    ['comes to', subjectsText(hold)],
    ...(hold.heldWhole.length === 0 ? [] : [['held whole', hold.heldWhole.join(', ')] as const]),
    ['placed by', `${hold.placedBy}, ${hold.placedAt}`],
    ...(hold.reviewAt === null ? [] : [['review', hold.reviewAt] as const]),
    ...(hold.releasedBy === null
      ? []
      : ([
          ['released by', `${hold.releasedBy}, ${hold.releasedAt}: ${hold.releaseReason}`],
          ['ends', hold.effectiveReleaseAt ?? '-'],
        ] as const)),
  ];
  const events = hold.events.map(
    ({ at, event, actor, databaseUser }) =>
      `${at}  ${event}${actor === null ? '' : ` by ${actor}`} (database user ${databaseUser})`,
  );
  const { columns = Number.POSITIVE_INFINITY } = paint;
  return [
    ...entries.flatMap(([name, text]) => foldLine(`${name.padEnd(LABEL_WIDTH)}  ${text}`, columns, LABEL_WIDTH + 2)),
    '',
    ...events.flatMap((line) => foldLine(line, columns, 4)),
  ].join('\n');
}

function subjectsText({ subjects, status }: LegalHold): string {
  if (subjects === null) {
    return 'not looked up yet: until the next run does so, every row is held';
  }
  if (status === 'ended') {
    return 'nothing any more';
  }
  const { users, identifiers, agentTokens, applications, organizations } = subjects;
  const counts = [
    [users, 'user'],
    [identifiers, 'identifier'],
    [agentTokens, 'agent token'],
    [applications, 'application'],
    [organizations, 'organization'],
  ] as const;
  const found = counts.filter(([count]) => count > 0).map(([count, word]) => countOf(count, word));
  return found.length === 0 ? 'rows that name nobody' : found.join(', ');
}
