import type { RetentionExplanation, RetentionSchedule } from '../../index.js';
import { countOf } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import type { Page } from '../layout.js';
import { keptFor, time } from '../words.js';

/** The question that was asked, field by field, and its answer or what was wrong with it. */
export interface AskedPolicy {
  readonly fields: Readonly<Record<string, string>>;
  readonly answer?: RetentionExplanation;
  readonly problem?: string;
}

/** What is kept for how long, and the rule that wins for a row. */
export function policyPage({ targets, decidedBy, at, brakes }: RetentionSchedule, asked: AskedPolicy): Page {
  const { maxRowsPerTarget, maxFractionPerTarget } = brakes;
  return {
    title: 'Policy',
    under: 'policy',
    content: [
      html`<p class="lead">
        Decided by
        ${decidedBy === 'provider' ? 'a provider of the application, asked at every run' : "the application's options"};
        as of ${time(at)}. <a href="policy-document">The whole schedule as a document</a>
      </p>`,
      html`<section aria-labelledby="ask-title">
        <h2 id="ask-title">Which rule holds for a row?</h2>
        ${questionOf(
          targets.map(({ name }) => name),
          asked,
        )}
      </section>`,
      html`<section aria-labelledby="schedule-title">
        <h2 id="schedule-title">Retention schedule</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Retention of each target">
          <table>
            <caption>
              The first rule that matches a row holds
            </caption>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col">Deleted</th>
                <th scope="col">Rule</th>
                <th scope="col">Kept for</th>
                <th scope="col">Rows from before</th>
              </tr>
            </thead>
            <tbody>
              ${targets.map((target) =>
                target.rules.map(
                  (rule, place) =>
                    html`<tr>
                      ${
                        place === 0 &&
                        html`<th scope="rowgroup" rowspan="${target.rules.length}">
                            ${target.name}${!target.isIncluded && html` <span class="badge quiet">not included</span>`}
                          </th>
                          <td class="text" rowspan="${target.rules.length}">${target.deletedWhen}</td>`
                      }
                      <td${place > 0 && html` class="rest"`}>${rule.rule}</td>
                      <td class="short">${keptFor(rule.days)}</td>
                      <td>${time(rule.cutoff, 'no time')}</td>
                    </tr>`,
                ),
              )}
            </tbody>
          </table>
        </div>
      </section>`,
      html`<p class="quiet">
        Brakes:
        ${maxRowsPerTarget === 0 ? 'no limit of rows' : `at most ${countOf(maxRowsPerTarget, 'row')} of a target in a run`},
        ${
          maxFractionPerTarget === 0
            ? 'no limit of its share'
            : `at most ${Math.round(maxFractionPerTarget * 1000) / 10} % of a table`
        }.
      </p>`,
    ],
  };
}

function questionOf(targets: readonly string[], { fields, answer, problem }: AskedPolicy): Content {
  const input = (name: string, label: string, type = 'text'): Html =>
    html`<label>${label}<input type="${type}" name="${name}" value="${fields[name]}" autocomplete="off" /></label>`;
  return html`<form class="filters" action="policy">
      <label
        >Target<select name="target">
          ${targets.map((name) => html`<option${name === fields['target'] && html` selected`}>${name}</option>`)}
        </select></label
      >
      ${input('action', 'Action')}${input('applicationId', 'Application')}${input('organizationId', 'Organization')}${input('createdAt', 'Made on', 'date')}
      <button>Ask</button>
    </form>
    ${problem && html`<p class="notice bad" role="alert">${problem}</p>`} ${answer && answerOf(answer)}`;
}

function answerOf({ winner, runnersUp, dueAt, isDue }: RetentionExplanation): Html {
  return html`<div class="card answer" role="status">
    <p>
      <b>${winner.rule}</b> holds: kept for
      ${keptFor(winner.days)}${dueAt && html`, due ${time(dueAt)}`}${
        isDue !== null && (isDue ? ', deleted by the next cleanup' : ', not due yet')
      }.
    </p>
    ${runnersUp.length > 0 && html`<p class="quiet">Passed over: ${runnersUp.map(({ rule }) => rule).join('; ')}</p>`}
  </div>`;
}
