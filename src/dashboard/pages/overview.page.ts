import type { BacklogReport, MaintenanceStatus, TargetBacklog, TaskState } from '../../index.js';
import { formatCount } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import { live, type Page } from '../layout.js';
import type { Visitor } from '../visitor.js';
import { attribution, badge, bar, bytes, relative, time, titleOf, withTimes } from '../words.js';
import { cancelButton, progressOf } from './running.js';

/** Backlog that could be measured, or why it could not. */
export type MeasuredBacklog = { readonly report: BacklogReport } | { readonly problem: string };

/** How everything stands: the tasks and the backlog. */
export function overviewPage(status: MaintenanceStatus, backlog: MeasuredBacklog, visitor: Visitor): Page {
  return {
    title: 'Overview',
    under: 'overview',
    isLive: status.tasks.some(({ running }) => running !== null),
    content: [
      live('tasks', tasksOf(status, visitor)),
      live('backlog', backlogOf(backlog)),
      live('holds', holdsOf(status)),
      html`<p class="quiet asof">As of ${time(status.at)}, the database's clock.</p>`,
    ],
  };
}

function tasksOf({ at, tasks, isRecorded }: MaintenanceStatus, visitor: Visitor): Content {
  return html`<section aria-labelledby="tasks-title">
    <h2 id="tasks-title">Tasks</h2>
    ${!isRecorded && html`<p class="notice">Nothing has run on this database yet.</p>`}
    <ul class="cards">
      ${tasks.map((task) => html`<li class="card" id="task-${task.task}" data-say="${titleOf(task.task)}: ${task.running === null ? (task.lastRun?.status ?? task.health) : 'running'}">${taskOf(task, at, visitor)}</li>`)}
    </ul>
  </section>`;
}

function taskOf(state: TaskState, at: string, visitor: Visitor): Content {
  const { task, schedule, lastRun, nextRunAt, running, pause, health, reason } = state;
  return html`<header>
      <h3>${titleOf(task)}</h3>
      ${badge(health)}
    </header>
    <p class="reason sentence">${withTimes(reason)}</p>
    ${
      running &&
      html`<div class="running">
        ${progressOf(running)}
        <p>
          <a href="run?id=${running.runId}">Running</a> since ${time(running.startedAt)}
          ${attribution(running.startedBy)}
        </p>
        ${cancelButton(running, visitor)}
      </div>`
    }
    <dl>
      <div>
        <dt>Schedule</dt>
        <dd>${scheduleOf(schedule)}</dd>
      </div>
      <div>
        <dt>Last run</dt>
        <dd>
          ${
            lastRun === null
              ? 'never'
              : html`<a href="run?id=${lastRun.runId}">${badge(lastRun.status)}</a> ${time(lastRun.startedAt)}
                  <span class="quiet ago">${relative(lastRun.startedAt, at)}</span>`
          }
        </dd>
      </div>
      <div>
        <dt>Next run</dt>
        <dd>
          ${
            nextRunAt === null
              ? html`<span class="quiet">none expected</span>`
              : html`${time(nextRunAt)} <span class="quiet ago">${relative(nextRunAt, at)}</span>`
          }
        </dd>
      </div>
    </dl>
    ${actionsOf(task, pause !== null, visitor)}`;
}

function scheduleOf({ source, description, by, timeZone, expression }: TaskState['schedule']): Content {
  if (description === null) {
    return html`<span class="quiet">${source === 'options' ? 'by hand alone' : 'not known'}</span>`;
  }
  const keeper = { engine: ', by a job engine', outside: ', from outside', timer: '' }[by ?? 'timer'];
  return html`<span title="${expression}">${description}${keeper}</span> <span class="quiet">${timeZone}</span>`;
}

function actionsOf(task: string, isPaused: boolean, { rights }: Visitor): Content {
  const run = rights.has('dry-run') && html`<a class="button" href="confirm?task=${task}">Dry run</a>`;
  const pause = rights.has('pause') && (isPaused ? resumeForm(task) : pauseForm(task));
  return (run || pause) && html`<div class="actions">${run}${pause}</div>`;
}

function resumeForm(task: string): Html {
  return html`<form method="post" action="resume?task=${task}" enctype="text/plain"><button>Resume</button></form>`;
}

function pauseForm(task: string): Html {
  return html`<details class="popover">
    <summary class="button">Pause</summary>
    <form method="post" action="pause?task=${task}" enctype="text/plain" class="stack">
      <label>Why<input name="reason" required maxlength="500" autocomplete="off" /></label>
      <label
        >Until<select name="until">
          <option value="1h">an hour from now</option>
          <option value="12h">12 hours from now</option>
          <option value="1d" selected>tomorrow</option>
          <option value="7d">a week from now</option>
          <option value="">it is resumed</option>
        </select></label
      >
      <button>Pause ${titleOf(task).toLowerCase()}</button>
    </form>
  </details>`;
}

function backlogOf(backlog: MeasuredBacklog): Content {
  if ('problem' in backlog) {
    return html`<section aria-labelledby="backlog-title">
      <h2 id="backlog-title">Backlog</h2>
      <p class="notice">${backlog.problem}</p>
    </section>`;
  }
  const { targets, measuredAt } = backlog.report;
  const most = Math.max(1, ...targets.map(({ dueRows }) => dueRows ?? 0));
  return html`<section aria-labelledby="backlog-title">
    <h2 id="backlog-title">Backlog</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Backlog of each target">
      <table>
        <caption>
          Rows that a cleanup would delete now, measured ${time(measuredAt)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col" class="number">Due rows</th>
            <th scope="col" class="wide roomy"><span class="visually-hidden">Share of the most</span></th>
            <th scope="col">Oldest due since</th>
            <th scope="col" class="number roomy">Table</th>
          </tr>
        </thead>
        <tbody>
          ${targets.map((target) => backlogRow(target, most, measuredAt))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function backlogRow(target: TargetBacklog, most: number, at: string): Html {
  const { name, status, dueRows, isEstimate, oldestDueSince, tableBytes, isFallingBehind, skipReason, error } = target;
  if (status !== 'measured' || dueRows === null) {
    return html`<tr>
      <th scope="row">${name}</th>
      <td colspan="4" class="quiet">
        ${error === undefined ? (skipReason !== undefined && Object.hasOwn(SKIPPED, skipReason) ? SKIPPED[skipReason] : 'not measured') : `${error.code}: ${error.message}`}
      </td>
    </tr>`;
  }
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="number">${isEstimate && '~'}${formatCount(dueRows)}</td>
    <td class="wide roomy">${bar(dueRows / most, `${name}: ${formatCount(dueRows)} rows due`)}</td>
    <td>
      ${
        oldestDueSince === null
          ? html`<span class="quiet">${dueRows === 0 ? 'nothing due' : 'not known'}</span>`
          : html`${relative(oldestDueSince, at)}${isFallingBehind && html` ${badge('late')}`}
              <span class="quiet">${time(oldestDueSince)}</span>`
      }
    </td>
    <td class="number roomy">${bytes(tableBytes)}</td>
  </tr>`;
}

/** Why a target has no backlog. */
const SKIPPED: Readonly<Record<string, string>> = {
  'kept-forever': 'kept forever',
  'table-not-found': 'no such table here',
  held: 'held whole by a legal hold',
};

function holdsOf({ holds }: MaintenanceStatus): Content {
  if (holds === null || holds.inForce === 0) {
    return undefined;
  }
  const { inForce, pastReview } = holds;
  return html`<p class="notice">
    <a href="holds">${inForce === 1 ? 'One legal hold is' : `${formatCount(inForce)} legal holds are`} in force</a>:
    rows of it are not due.${pastReview > 0 && html` ${badge('late')} ${formatCount(pastReview)} past review.`}
  </p>`;
}
