import type {
  AgentHeartbeatReport,
  CleanupReport,
  DependencyScanReport,
  RecordedRun,
  TotpKeyRotationReport,
} from '../../index.js';
import { isBrakeRefusal } from '../../cleanup/limits/brake.js';
import { countOf, formatCount, formatDuration } from '../../text/format.js';
import { type Content, html, type Html } from '../html.js';
import { badge, keptFor, time } from '../words.js';

/** What a run did, or would have done, by its task. Reports that an older release recorded may lack what is newer. */
export function reportOf(report: NonNullable<RecordedRun['report']>): Content {
  switch (report.task) {
    case 'cleanup':
      return cleanupOf(report as CleanupReport);
    case 'agent-heartbeat':
      return heartbeatOf(report as AgentHeartbeatReport);
    case 'totp-key-rotation':
      return rotationOf(report as TotpKeyRotationReport);
    case 'dependency-scan':
      return scanOf(report as DependencyScanReport);
    default:
      return undefined;
  }
}

/** The targets of a cleanup, its rows and what kept others. */
function cleanupOf({ targets, rows, dryRun }: CleanupReport): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Targets">
    <table>
      <caption>
        ${dryRun ? 'What is due now' : `${countOf(rows, 'row')} deleted`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Target</th>
          <th scope="col" class="number">${dryRun ? 'Due' : 'Deleted'}</th>
          <th scope="col">State</th>
          <th scope="col" class="number">Held</th>
          <th scope="col">Kept for</th>
          <th scope="col">Rows from before</th>
          ${!dryRun && html`<th scope="col" class="number">Took</th>`}
        </tr>
      </thead>
      <tbody>
        ${targets.map(
          (target) =>
            html`<tr>
                <th scope="row">${target.name}</th>
                <td class="number">${formatCount(target.rows)}</td>
                <td>
                  ${stateOf(target, dryRun)}${noteOf(target) && html` <span class="quiet">${noteOf(target)}</span>`}
                </td>
                <td class="number">
                  ${target.heldRows === null || target.heldRows === undefined ? '–' : formatCount(target.heldRows)}
                </td>
                <td class="short">
                  ${keptFor(target.skipReason === 'kept-forever' ? 'forever' : target.retentionDays)}
                </td>
                <td>${time(target.cutoff, 'no time')}</td>
                ${!dryRun && html`<td class="number">${formatDuration(target.durationMs)}</td>`}
              </tr>
              ${target.rules && rulesOf(target.rules)}`,
        )}
      </tbody>
    </table>
  </div>`;
}

type TargetReport = CleanupReport['targets'][number];

function stateOf({ status, brake, rows, error }: TargetReport, isDryRun: boolean): Html {
  const isPlain = isDryRun && status === 'succeeded' && brake === undefined;
  return isPlain
    ? html`<span class="quiet">${rows === 0 ? 'nothing due' : 'would go'}</span>`
    : badge(brake !== undefined || isBrakeRefusal(rows, error?.code) ? 'refused' : status);
}

function rulesOf(rules: NonNullable<TargetReport['rules']>): Content {
  return rules.map(
    ({ rule, rows, days, hasMatches }) =>
      html`<tr class="sub">
        <th scope="row">${rule}</th>
        <td class="number">${rows === null ? '–' : formatCount(rows)}</td>
        <td>${hasMatches === false && html`<span class="quiet">matches no row</span>`}</td>
        <td></td>
        <td>${keptFor(days)}</td>
        <td colspan="2"></td>
      </tr>`,
  );
}

/** What there is to say about a target beside its counts. */
function noteOf({ error, skipReason, brake, lockedRows, referencedRows, keptRows }: TargetReport): string {
  const words = [
    ...(brake === undefined ? [] : [brake]),
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
    ...(skipReason === undefined ? [] : [skipReason]),
    ...(lockedRows > 0 ? [`${countOf(lockedRows, 'row')} left, as somebody held them`] : []),
    ...(referencedRows > 0 ? [`${countOf(referencedRows, 'row')} left, as others refer to them`] : []),
    ...(keptRows > 0 ? [`${countOf(keptRows, 'row')} kept by a trigger`] : []),
  ];
  return words.join('; ');
}

function heartbeatOf({ monitored, suspended, expired, lockedAgents, agents, dryRun }: AgentHeartbeatReport): Html {
  return html`${counts([
    ['Monitored', monitored],
    [dryRun ? 'Would be suspended' : 'Suspended', suspended],
    [dryRun ? 'Would expire' : 'Expired', expired],
    ['Left, as somebody held them', lockedAgents],
  ])}${
    agents.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label="Agents">
      <table>
        <caption>
          Those silent for longest, at most 100
        </caption>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Token</th>
            <th scope="col">Last heartbeat</th>
            <th scope="col" class="number">Overdue for</th>
          </tr>
        </thead>
        <tbody>
          ${agents.map(
            (agent) =>
              html`<tr>
                <th scope="row">${agent.agentId}</th>
                <td>${agent.id}</td>
                <td>${time(agent.lastHeartbeatAt)}</td>
                <td class="number">${formatDuration(agent.overdueSeconds * 1000)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }`;
}

function rotationOf(report: TotpKeyRotationReport): Html {
  return html`${counts([
      ['Secrets', report.total],
      [report.dryRun ? 'Would be rotated' : 'Rotated', report.rotated],
      ['Under the first key already', report.alreadyCurrent],
      [report.dryRun ? 'Would be encrypted' : 'Encrypted', report.encryptedPlaintext],
      ['Left in plain text', report.leftPlaintext],
      ['Opened by no key', report.undecryptable],
      ['Left, as somebody held them', report.heldUsers],
    ])}
    <p>
      ${report.safeToRetirePreviousKeys ? 'The keys before the first one may be retired.' : 'The keys before the first one are still needed.'}
    </p>`;
}

function scanOf({ verdict, reason, vulnerabilities, atOrAboveLevel, level, lockFile }: DependencyScanReport): Html {
  return html`<p>
      ${badge(verdict)} ${countOf(atOrAboveLevel, 'finding')} at or above
      ${level}${lockFile && html` in ${lockFile}`}${reason && html`: ${reason}`}
    </p>
    ${
      vulnerabilities.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region" aria-label="Vulnerabilities">
        <table>
          <caption>
            The worst first, at most 100
          </caption>
          <thead>
            <tr>
              <th scope="col">Package</th>
              <th scope="col">Severity</th>
              <th scope="col">What</th>
              <th scope="col">Versions</th>
              <th scope="col">Fixed</th>
            </tr>
          </thead>
          <tbody>
            ${vulnerabilities.map(
              (found) =>
                html`<tr>
                  <th scope="row">${found.package}</th>
                  <td>${found.severity}</td>
                  <td>
                    ${
                      found.url?.startsWith('https://') === true
                        ? html`<a href="${found.url}" rel="noreferrer">${found.title}</a>`
                        : found.title
                    } <span class="quiet">${found.id}</span>
                  </td>
                  <td>${found.range}</td>
                  <td>${found.fixAvailable === null ? 'not known' : found.fixAvailable ? 'yes' : 'no'}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }`;
}

function counts(pairs: readonly (readonly [string, number])[]): Html {
  return html`<dl class="counts">
    ${pairs.map(
      ([name, count]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${formatCount(count)}</dd>
        </div>`,
    )}
  </dl>`;
}
