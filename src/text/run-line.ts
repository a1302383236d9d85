import { formatDuration } from './format.js';
import type { Paint } from './paint.js';

/** The last line of a report for people: how the run ended, what it did, how long it took, and which run it was. */
export function runLine(
  run: { readonly dryRun: boolean; readonly durationMs: number; readonly runId: string; readonly runAt: string },
  ending: string,
  work: string,
  paint: Paint,
): string {
  const origin = `(run ${run.runId} at ${run.runAt}${run.dryRun ? ', dry run: nothing was changed' : ''})`;
  return `${ending}: ${work} in ${formatDuration(run.durationMs)} ${paint('dim', origin)}`;
}
