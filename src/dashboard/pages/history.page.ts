import { MAINTENANCE_TASKS, type RunSummary } from '../../index.js';
import { formatDuration } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import { live, type Page } from '../layout.js';
import { attribution, badge, time, titleOf } from '../words.js';

/** Runs of one page. */
export const RUNS_A_PAGE = 25;

/** What to list, as the address says. */
export interface HistoryFilters {
  readonly task: string;
  readonly status: string;
  /** The last run of the page before. */
  readonly before: string;
  /** Whether scheduled runs that found nothing are listed too. */
  readonly all: boolean;
}

const STATUSES = ['succeeded', 'partial', 'failed', 'stopped', 'skipped', 'lost', 'running'] as const;

/** Past runs, the latest first. @param runs one more than a page has, where there are older ones */
export function historyPage(runs: readonly RunSummary[], filters: HistoryFilters): Page {
  const shown = runs.slice(0, RUNS_A_PAGE);
  return {
    title: 'History',
    under: 'history',
    content: [
      filtersOf(filters),
      live('runs', shown.length === 0 ? html`<p class="notice">No run is like that.</p>` : tableOf(shown)),
      html`<nav class="pages" aria-label="More runs">
        ${filters.before !== '' && html`<a class="button" href="history?${addressOf(filters, '')}">Latest</a>`}${
          runs.length > RUNS_A_PAGE &&
          html`<a class="button" href="history?${addressOf(filters, shown.at(-1)?.runId ?? '')}">Older</a>`
        }
      </nav>`,
    ],
  };
}

function filtersOf({ task, status, all }: HistoryFilters): Html {
  return html`<form class="filters" action="history">
    <label
      >Task<select name="task">
        <option value="">any</option>
        ${MAINTENANCE_TASKS.map(({ name }) => option(name, titleOf(name), task))}
      </select></label
    >
    <label
      >State<select name="status">
        <option value="">any</option>
        ${STATUSES.map((each) => option(each, each, status))}
      </select></label
    >
    <label class="check"
      ><input type="checkbox" name="all" value="1" ${all && html` checked`} /> also runs that found nothing</label
    >
    <button>Filter</button>
  </form>`;
}

function option(value: string, label: string, chosen: string): Html {
  return html`<option value="${value}" ${value === chosen && html` selected`}>${label}</option>`;
}

function addressOf({ task, status, all }: HistoryFilters, before: string): string {
  const fields = { task, status, before, all: all ? '1' : '' };
  return String(new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '')));
}

function tableOf(runs: readonly RunSummary[]): Content {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Runs">
    <table class="stacked">
      <caption class="visually-hidden">
        Runs, the latest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Task</th>
          <th scope="col">State</th>
          <th scope="col">What it did</th>
          <th scope="col" class="number">Took</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(
          (run) =>
            html`<tr>
              <th scope="row"><a href="run?id=${run.runId}">${time(run.startedAt)}</a></th>
              <td>${titleOf(run.task)}</td>
              <td>${badge(run.status)}</td>
              <td>${run.summary}${run.startedBy && html` <span class="quiet">${attribution(run.startedBy)}</span>`}</td>
              <td class="number">${run.durationMs === null ? '–' : formatDuration(run.durationMs)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
