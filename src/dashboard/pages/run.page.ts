import type { RecordedRun, RunningRun } from '../../index.js';
import { formatDuration } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import { live, type Page } from '../layout.js';
import type { Visitor } from '../visitor.js';
import { attribution, badge, time, titleOf } from '../words.js';
import { reportOf } from './report.js';
import { cancelButton, partsOf, progressOf } from './running.js';

/** One run: while it goes on, how far it is; then what it did. @param running the same run at work, as the status has it */
export function runPage(run: RecordedRun, running: RunningRun | undefined, visitor: Visitor): Page {
  const isAtWork = run.status === 'running';
  return {
    title: `${titleOf(run.task)} run`,
    under: 'history',
    isLive: isAtWork,
    content: live('run', [
      html`<p class="lead" id="run-state" data-say="${titleOf(run.task)}: ${run.status}">
        ${badge(run.status)} ${run.summary}
      </p>`,
      running && html`<div class="card running">${progressOf(running)}${cancelButton(running, visitor)}</div>`,
      running?.progress && partsOf(running.progress),
      run.error && html`<p class="notice bad"><b>${run.error.code}</b> ${run.error.message}</p>`,
      factsOf(run),
      run.report && reportOf(run.report),
    ]),
  };
}

function factsOf(run: RecordedRun): Html {
  const facts: readonly (readonly [string, Content])[] = [
    [
      'Started',
      html`${time(run.startedAt)}
      ${Object.hasOwn(TRIGGERS, run.trigger) && TRIGGERS[run.trigger]}${run.force && ', forced past the brakes'}${run.startedBy && html`, ${attribution(run.startedBy)}`}`,
    ],
    [
      'Ended',
      run.finishedAt &&
        html`${time(run.finishedAt)}${run.durationMs !== null && ` after ${formatDuration(run.durationMs)}`}`,
    ],
    ['Slot', run.slot && time(run.slot)],
    ['Job', run.engine && html`${run.engine} ${run.engineJob}`],
    ['Cancelled', run.cancelRequestedAt && html`${time(run.cancelRequestedAt)} ${attribution(run.cancelledBy)}`],
    ['Process', run.owner],
    ['Run', html`<code>${run.runId}</code>`],
  ];
  return html`<dl class="facts">
    ${facts.map(
      ([name, fact]) =>
        fact &&
        html`<div>
          <dt>${name}</dt>
          <dd>${fact}</dd>
        </div>`,
    )}
  </dl>`;
}

/** What started a run. */
const TRIGGERS: Readonly<Record<RecordedRun['trigger'], string>> = {
  cron: 'by its schedule',
  missed: 'for a slot that was missed',
  engine: 'by a job engine',
  outside: 'by a scheduler outside',
  manual: 'by hand',
  cli: 'by the command line',
};
