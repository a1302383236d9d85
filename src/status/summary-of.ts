import type { TaskName } from '../contract/maintenance-task.js';
import type { RunStatus } from '../contract/run-record.js';
import type { ReportedError } from '../contract/task-report.js';
import { SEVERITIES } from '../dependency-scan/severity.js';
import { count, type RunFigures } from './run-figures.js';

/** What a summary is made of. */
export interface SummarizedRun {
  readonly task: string;
  readonly status: RunStatus;
  readonly error: ReportedError | null;
  readonly figures: RunFigures | null;
}

const DEEDS: Readonly<Record<TaskName, (figures: RunFigures) => string>> = {
  cleanup: cleanupDeed,
  'agent-heartbeat': heartbeatDeed,
  'totp-key-rotation': rotationDeed,
  'dependency-scan': scanDeed,
};

/** What a run did, in a few words; why it did not, when it did nothing. */
export function summaryOf({ task, status, error, figures }: SummarizedRun): string {
  switch (status) {
    case 'running':
      return 'at work';
    case 'lost':
      return 'its process crashed or lost touch with the database';
    case 'skipped':
      return error?.code === 'ALREADY_RUNNING'
        ? 'passed over, as another run still went on'
        : (error?.message ?? 'passed over');
    default:
      return status === 'failed' && error !== null
        ? error.message
        : deedOf(task, figures) || (error?.message ?? status);
  }
}

function deedOf(task: string, figures: RunFigures | null): string {
  const deed = Object.hasOwn(DEEDS, task) ? DEEDS[task as TaskName] : undefined;
  return figures === null || deed === undefined ? '' : deed(figures);
}

function cleanupDeed({ rows, targets, failedTargets }: RunFigures): string {
  const failed = count(failedTargets);
  return `deleted ${countOf(count(rows), 'row')}${failed === 0 ? '' : `, ${failed} of ${countOf(count(targets), 'target')} failed`}`;
}

function heartbeatDeed({ suspended, monitored, expired }: RunFigures): string {
  const expiry = count(expired) === 0 ? '' : `, expired ${countOf(count(expired), 'token')}`;
  return `suspended ${formatted(count(suspended))} of ${countOf(count(monitored), 'agent')}${expiry}`;
}

function rotationDeed({ rotated, encryptedPlaintext, undecryptable }: RunFigures): string {
  return [
    `rotated ${countOf(count(rotated), 'secret')}`,
    ...(count(encryptedPlaintext) === 0 ? [] : [`encrypted ${formatted(count(encryptedPlaintext))} in plain text`]),
    ...(count(undecryptable) === 0 ? [] : [`${formatted(count(undecryptable))} no key opens`]),
  ].join(', ');
}

function scanDeed({ verdict, counts, reason }: RunFigures): string {
  if (verdict === 'clean') {
    return 'no known vulnerabilities';
  }
  if (verdict !== 'vulnerable') {
    return typeof reason === 'string' ? `could not tell: ${reason}` : 'could not tell';
  }
  const found = SEVERITIES.map((severity) => ({ severity, found: count(Object(counts)[severity]) })).filter(
    (one) => one.found > 0,
  );
  const total = found.reduce((sum, one) => sum + one.found, 0);
  return `${found.map((one) => `${formatted(one.found)} ${one.severity}`).join(', ')} ${total === 1 ? 'vulnerability' : 'vulnerabilities'}`;
}

function formatted(figure: number): string {
  return figure.toLocaleString('en-US');
}

function countOf(figure: number, noun: string): string {
  return `${formatted(figure)} ${noun}${figure === 1 ? '' : 's'}`;
}
