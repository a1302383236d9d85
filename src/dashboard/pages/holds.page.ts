import type { LegalHold } from '../../index.js';
import { countOf } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import type { Page } from '../layout.js';
import type { Visitor } from '../visitor.js';
import { badge, time } from '../words.js';

/** Holds of one page. */
const HOLDS_A_PAGE = 20;

/** What the page of the holds is made of. */
export interface HoldsShown {
  readonly holds: readonly LegalHold[];
  readonly targets: readonly string[];
  /** The page that is asked for, 1 for the first; whatever is none, is the nearest one. */
  readonly asked: string;
}

/** The legal holds: those in force and those that are over. */
export function holdsPage({ holds, targets, asked }: HoldsShown, visitor: Visitor): Page {
  const pages = Math.max(1, Math.ceil(holds.length / HOLDS_A_PAGE));
  const page = Math.min(pages, Math.max(1, Math.floor(Number(asked)) || 1));
  const shown = holds.slice((page - 1) * HOLDS_A_PAGE, page * HOLDS_A_PAGE);
  const mayHold = visitor.rights.has('hold') && visitor.actor !== undefined;
  return {
    title: 'Legal holds',
    under: 'holds',
    content: [
      html`<p class="lead">
        What a hold names is not deleted, by whichever replica or command line, until it is released.
      </p>`,
      mayHold &&
        html`<details class="panel">
          <summary class="button">Place a hold</summary>
          ${placementForm(targets)}
        </details>`,
      visitor.rights.has('hold') &&
        visitor.actor === undefined &&
        html`<p class="notice">
          Holds take the name of who places them: the application gives none (<code>actor</code>).
        </p>`,
      holds.length === 0
        ? html`<p class="notice">No hold was ever placed.</p>`
        : html`<ul class="cards one">
            ${shown.map((hold) => html`<li class="card" id="hold-${hold.id}">${holdOf(hold, mayHold)}</li>`)}
          </ul>`,
      pages > 1 &&
        html`<nav class="pages" aria-label="More holds">
          ${page > 1 && html`<a class="button" href="holds?page=${page - 1}">Previous</a>`}${
            page < pages && html`<a class="button" href="holds?page=${page + 1}">Next</a>`
          }
          <span class="quiet">Page ${page} of ${pages}</span>
        </nav>`,
    ],
  };
}

function holdOf(hold: LegalHold, mayHold: boolean): Content {
  const {
    id,
    status,
    caseRef,
    reason,
    placedBy,
    placedAt,
    reviewAt,
    releasedBy,
    releasedAt,
    releaseReason,
    effectiveReleaseAt,
  } = hold;
  return html`<header>
      <h2>${caseRef}</h2>
      ${badge(status)}
    </header>
    <p class="reason">${reason}</p>
    <dl>
      <div>
        <dt>Holds</dt>
        <dd>${scopeOf(hold, mayHold)}</dd>
      </div>
      <div>
        <dt>Placed</dt>
        <dd>${time(placedAt)} by <b>${placedBy}</b></dd>
      </div>
      ${
        reviewAt &&
        html`<div>
          <dt>Review</dt>
          <dd>${time(reviewAt)}</dd>
        </div>`
      }
      ${
        releasedAt &&
        html`<div>
          <dt>Released</dt>
          <dd>
            ${time(releasedAt)} by <b>${releasedBy}</b> <q>${releaseReason}</q>, in force until
            ${time(effectiveReleaseAt)}
          </dd>
        </div>`
      }
      <div>
        <dt>Hold</dt>
        <dd><code>${id}</code></dd>
      </div>
    </dl>
    ${
      mayHold &&
      status === 'active' &&
      html`<div class="actions">
        <details class="popover">
          <summary class="button">Release</summary>
          <form method="post" action="release-hold?id=${id}" enctype="text/plain" class="stack">
            <label>Why<input name="reason" required maxlength="2000" autocomplete="off" /></label>
            <button class="danger">Release ${caseRef}</button>
          </form>
        </details>
      </div>`
    }`;
}

/** Whom it names is personal data: shown to those alone who place holds. */
function scopeOf(hold: LegalHold, isShown: boolean): string {
  const { target, userId, identifiers, applicationId, organizationId, createdFrom, createdTo } = hold;
  const words = [
    ...(target === null ? [] : [target]),
    ...(userId === null ? [] : [`user ${isShown ? userId : '(hidden)'}`]),
    ...(identifiers === null || identifiers.length === 0
      ? []
      : [isShown ? identifiers.join(', ') : countOf(identifiers.length, 'identifier')]),
    ...(applicationId === null ? [] : [`application ${applicationId}`]),
    ...(organizationId === null ? [] : [`organization ${organizationId}`]),
    ...(createdFrom === null ? [] : [`made from ${createdFrom.slice(0, 10)}`]),
    ...(createdTo === null ? [] : [`made before ${createdTo.slice(0, 10)}`]),
  ];
  return words.length === 0 ? 'every row of every target' : words.join(', ');
}

function placementForm(targets: readonly string[]): Html {
  const input = (name: string, label: string, attributes?: Content): Html =>
    html`<label>${label}<input name="${name}" autocomplete="off" ${attributes} /></label>`;
  return html`<form method="post" action="place-hold" enctype="text/plain" class="grid">
    ${input('caseRef', 'Case', html` required maxlength="200"`)}
    ${input('reason', 'Why', html` required maxlength="2000"`)}
    <label
      >Target<select name="target">
        <option value="">all of them</option>
        ${targets.map((name) => html`<option>${name}</option>`)}
      </select></label
    >
    ${input('userId', 'User id')}
    ${input('identifiers', 'E-mail addresses, phone numbers, user names, with commas between')}
    ${input('applicationId', 'Application id')} ${input('organizationId', 'Organization id')}
    ${input('createdFrom', 'Made on this day (UTC) or later', html` type="date"`)}
    ${input('createdTo', 'Made before this day (UTC)', html` type="date"`)}
    ${input('reviewAt', 'To be reviewed on', html` type="date"`)}
    <label class="check"
      ><input type="checkbox" name="everything" value="true" /> it names nothing of these: hold every row</label
    >
    <p><button>Place the hold</button></p>
  </form>`;
}
