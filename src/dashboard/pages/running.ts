import type { RunningRun } from '../../index.js';
import { countOf, formatCount, formatDuration } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import type { Visitor } from '../visitor.js';
import { attribution, badge, bar } from '../words.js';

type Progress = NonNullable<RunningRun['progress']>;

/** A guess of less says nothing of work that goes on. */
const SHORTEST_LEFT_MS = 1_000;

/** How far a run is, in one bar. */
export function progressOf({ progress }: Pick<RunningRun, 'progress'>): Html {
  if (progress === null) {
    return html`<progress aria-label="Running">running</progress>`;
  }
  const percent = Math.floor(progress.overall * 100);
  const current = progress.parts.findLast(({ status }) => status === null);
  return html`${bar(progress.overall, `${percent} % done`)}
    <p class="figures">
      <b>${percent} %</b
      >${current && html` ${current.name}: ${[countOf(current.count, current.unit), ...leftOf(current)].join(', ')}`}
    </p>`;
}

/** The parts of a run at work, each with its bar. */
export function partsOf({ parts }: Progress): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Progress of each part">
    <table>
      <caption>
        Parts begun so far
      </caption>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col">State</th>
          <th scope="col" class="number">Done</th>
          <th scope="col" class="wide">Progress</th>
        </tr>
      </thead>
      <tbody>
        ${parts.map(
          (part) =>
            html`<tr>
              <th scope="row">${part.name}</th>
              <td>
                ${badge(part.status ?? 'running')}${part.reason && html` <span class="quiet">${part.reason}</span>`}
              </td>
              <td class="number">${formatCount(part.count)}</td>
              <td class="wide">
                ${part.fraction === null ? html`<span class="quiet">not known</span>` : bar(part.fraction, `${part.name}: ${Math.floor(part.fraction * 100)} %`)}<span
                  class="quiet"
                  >${leftOf(part)}</span
                >
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function leftOf({ status, remainingMs }: Progress['parts'][number]): string[] {
  const isToldNothing = status !== null || remainingMs === null || remainingMs < SHORTEST_LEFT_MS;
  return isToldNothing ? [] : [`${formatDuration(remainingMs)} left`];
}

/** A run that goes on is cancelled; of one that is to stop already, by whom. */
export function cancelButton(
  { runId, cancelRequestedAt, cancelledBy }: Pick<RunningRun, 'runId' | 'cancelRequestedAt' | 'cancelledBy'>,
  { rights }: Visitor,
): Content {
  if (cancelRequestedAt !== null) {
    return html`<p class="quiet">Stops after the batch in flight: cancelled ${attribution(cancelledBy)}</p>`;
  }
  return (
    rights.has('cancel') &&
    html`<form method="post" action="cancel?id=${runId}" enctype="text/plain" class="inline">
      <label class="visually-hidden" for="why-${runId}">Why the run is cancelled</label>
      <input id="why-${runId}" name="reason" placeholder="Why" maxlength="500" autocomplete="off" /><button>
        Cancel run
      </button>
    </form>`
  );
}
