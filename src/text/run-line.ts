import { formatDuration } from './format.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';
import type { Paint } from './paint.js';

const STOP_REASONS: Readonly<Partial<Record<string, string>> & Record<InterruptionReason, string>> = {
  requested: 'its caller asked for it',
  signal: 'a signal asked for it',
  shutdown: 'the application shut down',
  cancelled: 'it was cancelled',
  'lease-lost': 'its lease was lost',
  'time-budget': 'its time was over',
  'no-answer': 'the database no longer answered',
};

/** Who asked for something, and why, as reports and records have it. */
interface Attributed {
  readonly actor: string | null;
  readonly reason: string | null;
}

/** Who asked for something, and why: `by Ann, reason: ticket 17`. */
function attributionText({ actor, reason }: Attributed): string {
  return [...(actor === null ? [] : [`by ${actor}`]), ...(reason === null ? [] : [`reason: ${reason}`])].join(', ');
}

/** A sentence, and who asked for what it says, and why, where somebody said. @param by reports that an older release recorded have none */
export function withAttribution(sentence: string, by: Attributed | null | undefined): string {
  return by == null ? sentence : `${sentence}${by.actor === null ? ',' : ''} ${attributionText(by)}`;
}

/** That a task is paused, since when, until when, by whom and why. */
export function pauseText(pause: {
  readonly pausedAt: string;
  readonly until: string | null;
  readonly pausedBy: Attributed | null;
}): string {
  const end = pause.until === null ? '' : ` until ${pause.until}`;
  return withAttribution(`paused since ${pause.pausedAt}${end}`, pause.pausedBy);
}

/** Why a run ended before its work was done, in a few words; a reason of another release as it stands. */
export function stopReasonText(reason: InterruptionReason, cancelledBy?: Attributed | null): string {
  return withAttribution(STOP_REASONS[reason] ?? reason, cancelledBy);
}

/** How a run was asked for, beside what started it; none for one that nobody said anything about. */
export function askedFor({
  force,
  startedBy,
}: {
  readonly force: boolean;
  /** Reports that an older release recorded have none. */
  readonly startedBy?: Attributed | null;
}): readonly string[] {
  return [...(force ? ['forced past the brakes'] : []), ...(startedBy == null ? [] : [attributionText(startedBy)])];
}

/** What there is to say to counts that may be off. */
const UNCERTAIN = 'give or take what was in flight when the connection was lost or the server crashed,';

/** The last line of a report for people: how the run ended, what it did, how long it took, and which run it was. */
export function runLine(
  run: {
    readonly dryRun: boolean;
    readonly durationMs: number;
    readonly runId: string;
    readonly runAt: string;
    readonly stopReason: InterruptionReason | null;
    readonly cancelledBy?: Attributed | null;
    readonly isUncertain: boolean;
  } & Parameters<typeof askedFor>[0],
  ending: string,
  work: string,
  paint: Paint,
): string {
  const asked = [...askedFor(run), ...(run.dryRun ? ['dry run: nothing was changed'] : [])];
  const origin = `(${[`run ${run.runId} at ${run.runAt}`, ...asked].join(', ')})`;
  // Reports that an older release recorded have neither.
  const reason = run.stopReason == null ? '' : ` (${stopReasonText(run.stopReason, run.cancelledBy)})`;
  const doubt = run.isUncertain ? `, ${UNCERTAIN}` : '';
  return `${ending}${reason}: ${work}${doubt} in ${formatDuration(run.durationMs)} ${paint('dim', origin)}`;
}
