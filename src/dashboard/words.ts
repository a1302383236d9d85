import type { TaskName } from '../index.js';
import { countOf, formatCount } from '../text/format.js';
import { type Content, html, type Html } from './html.js';

/** What each task is called. */
export const TASK_TITLES: Readonly<Record<TaskName, string>> = {
  cleanup: 'Cleanup',
  'agent-heartbeat': 'Agent heartbeats',
  'totp-key-rotation': 'TOTP key rotation',
  'dependency-scan': 'Dependency scan',
};

export function titleOf(task: string): string {
  return Object.hasOwn(TASK_TITLES, task) ? TASK_TITLES[task as TaskName] : task;
}

/** An instant of the database's, in UTC; the script puts the reader's own time before it. */
export function time(instant: string | null, otherwise = 'never'): Html {
  if (instant === null) {
    return html`${otherwise}`;
  }
  return html`<time datetime="${instant}">${instant.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

const INSTANT = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[\d.]*Z)/;

/** A sentence whose instants are shown as all others are. */
export function withTimes(sentence: string): Content {
  return sentence.split(INSTANT).map((part) => (INSTANT.test(part) ? time(part) : part));
}

/** `3 h ago`, `in 2 days`: in the largest unit alone. @param at the database's time */
export function relative(instant: string, at: string): string {
  const ms = Date.parse(instant) - Date.parse(at);
  const span = spanOf(Math.abs(ms));
  return span === undefined ? 'just now' : ms > 0 ? `in ${span}` : `${span} ago`;
}

const UNITS = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

function spanOf(ms: number): string | undefined {
  const found = UNITS.find(([, length]) => ms >= length);
  if (found === undefined) {
    return undefined;
  }
  const [unit, length] = found;
  const count = Math.floor(ms / length);
  return `${formatCount(count)} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`;
}

/** `12.4 MB`; a dash for what is not known. */
export function bytes(count: number | null): string {
  if (count === null) {
    return '–';
  }
  const [unit = 'bytes', size = 1] = BYTE_UNITS.find(([, least]) => count >= least) ?? [];
  return `${size === 1 ? formatCount(count) : (count / size).toFixed(1)} ${unit}`;
}

const BYTE_UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** For how long something is kept: `ever`, `90 days`. @param days 0 and `forever` alike; null: by its expiry alone */
export function keptFor(days: number | 'forever' | null): string {
  return days === 'forever' || days === 0 ? 'ever' : days === null ? 'until it expires' : countOf(days, 'day');
}

/** Who asked for something, and why; nothing where nobody said. */
export function attribution(
  by: { readonly actor: string | null; readonly reason: string | null } | null | undefined,
): Content {
  if (by == null) {
    return undefined;
  }
  const actor = by.actor === null ? undefined : html`by <b>${by.actor}</b>`;
  return by.reason === null ? actor : html`${actor} <q>${by.reason}</q>`;
}

/** How something stands: a sign and a word, so that no colour has to be told from another. */
export function badge(state: string): Html {
  const kind = (Object.hasOwn(KIND_OF, state) ? KIND_OF[state] : undefined) ?? 'quiet';
  return html`<span class="badge ${kind}"><span aria-hidden="true">${SIGN_OF[kind]}</span>${state}</span>`;
}

const KIND_OF: Readonly<Record<string, string>> = {
  ok: 'good',
  succeeded: 'good',
  measured: 'good',
  clean: 'good',
  active: 'good',
  warning: 'warn',
  partial: 'warn',
  stopped: 'warn',
  refused: 'warn',
  paused: 'warn',
  late: 'warn',
  vulnerable: 'bad',
  failing: 'bad',
  failed: 'bad',
  lost: 'bad',
  running: 'busy',
};

const SIGN_OF: Readonly<Record<string, string>> = { good: '✓', warn: '!', bad: '✕', busy: '●', quiet: '–' };

/** A bar with its text: read aloud as what it says. @param share 0 to 1 */
export function bar(share: number, text: string): Html {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return html`<progress max="100" value="${percent}" aria-label="${text}">${percent} %</progress>`;
}
