import type { AgentHeartbeatReport, CleanupReport, TaskReport } from '../../index.js';
import { countOf, formatCount } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import type { Page } from '../layout.js';
import type { Visitor } from '../visitor.js';
import { badge, titleOf } from '../words.js';
import { reportOf } from './report.js';

/** What a run would do, before it is asked for; what a brake would refuse has a way of its own. */
export function confirmPage(report: TaskReport, visitor: Visitor): Page {
  const { task, error, status } = report;
  const mayRun = visitor.rights.has('run');
  return {
    title: `${titleOf(task)}: dry run`,
    under: 'overview',
    content: [
      html`<p class="lead">${status !== 'succeeded' && badge(status)} Nothing was changed. ${summaryOf(report)}</p>`,
      status === 'stopped' &&
        html`<p class="notice">It was stopped before it had counted all: there is more than these counts say.</p>`,
      error && html`<p class="notice bad"><b>${error.code}</b> ${error.message}</p>`,
      mayRun &&
        html`<section class="card decide" aria-labelledby="run-title">
          <h2 id="run-title">Run it now</h2>
          ${runForm(task, task === 'cleanup' && (rowsToGo(report) > 0 || status !== 'succeeded'))}
        </section>`,
      mayRun && refusedOf(report).map(overrideForm(task)),
      reportOf(report),
      html`<p><a class="button" href="overview">Back</a></p>`,
    ],
  };
}

function summaryOf(report: TaskReport): Content {
  if (report.task === 'cleanup') {
    const { targets } = report as CleanupReport;
    const held = targets.reduce((sum, { heldRows }) => sum + (heldRows ?? 0), 0);
    const refused = targets.filter(({ brake }) => brake !== undefined);
    const refusedRows = refused.reduce((sum, target) => sum + target.rows, 0);
    const uncounted = targets.filter((target) => target.status === 'failed' || target.status === 'stopped');
    return html`A run would delete
      <b>${countOf(rowsToGo(report), 'row')}</b
      >${held > 0 && html`; <b>${formatCount(held)}</b> stay, as a legal hold holds them`}${
        refused.length > 0 &&
        html`; a brake would refuse <b>${refused.map(({ name }) => name).join(', ')}</b>, of
          ${countOf(refusedRows, 'row')}`
      }${uncounted.length > 0 && html`; not counted: <b>${uncounted.map(({ name }) => name).join(', ')}</b>`}.`;
  }
  if (report.task === 'agent-heartbeat') {
    const { suspended, monitored } = report as AgentHeartbeatReport;
    return html`A run would suspend <b>${formatCount(suspended)}</b> of ${countOf(monitored, 'agent')}.`;
  }
  return undefined;
}

/** What a run that overrides no brake would delete. */
function rowsToGo(report: TaskReport): number {
  const { targets } = report as CleanupReport;
  return targets.reduce((sum, { rows, brake }) => sum + (brake === undefined ? rows : 0), 0);
}

function runForm(task: string, isDestructive: boolean): Html {
  return html`<form method="post" action="run?task=${task}" enctype="text/plain" class="inline">
    <label>Why<input name="reason" maxlength="500" autocomplete="off" /></label>
    <button class="${isDestructive ? 'danger' : 'primary'}">${isDestructive ? 'Delete now' : 'Run now'}</button>
  </form>`;
}

/** A target that a brake refuses. No run goes past the brake on suspensions of agents: its error says what to do instead. */
interface Refused {
  /** What has to be typed to override the brake. */
  readonly name: string;
  readonly why: string;
}

function refusedOf(report: TaskReport): readonly Refused[] {
  return report.task !== 'cleanup'
    ? []
    : (report as CleanupReport).targets.flatMap(({ name, brake, rows }) =>
        brake === undefined ? [] : [{ name, why: `${brake}: ${countOf(rows, 'row')} due` }],
      );
}

const overrideForm =
  (task: string) =>
  ({ name, why }: Refused): Html => {
    const address = new URLSearchParams({ task, only: name });
    return html`<details class="card override">
      <summary>Override the brake of ${name}</summary>
      <p class="reason">${why}</p>
      <form method="post" action="run?${String(address)}" enctype="text/plain" class="inline">
        <label
          >Type <code>${name}</code> to override its brake<input
            name="override"
            required
            autocomplete="off"
            spellcheck="false"
            pattern="${name}"
        /></label>
        <label>Why<input name="reason" required maxlength="500" autocomplete="off" /></label>
        <button class="danger">Delete from ${name} all the same</button>
      </form>
    </details>`;
  };
