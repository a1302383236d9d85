import type { CancelledRun, PausedTask, ResumedTask } from '../../control/task-control.service.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { pauseText, withAttribution } from '../../text/run-line.js';

/** The answer to a cancellation. */
export function cancelledText(run: CancelledRun, paint: Paint): string {
  const { runId, task, owner, cancelRequestedAt, cancelledBy } = inPlainText(run);
  const request = withAttribution(`asked for at ${cancelRequestedAt}`, cancelledBy);
  return `${paint('green', 'cancelled')}: ${task} ${runId} of ${owner} stops after the batch in flight, ${request}`;
}

/** The answer to a pause. */
export function pausedText(pause: PausedTask, paint: Paint): string {
  const { task, ...known } = inPlainText(pause);
  const end = known.until === null ? 'until it is resumed' : 'until then or until it is resumed';
  return `${paint('green', 'paused')}: ${task} is ${pauseText(known)}; no slot of it is run ${end}`;
}

/** The answer to the end of a pause. */
export function resumedText(resumed: ResumedTask, paint: Paint): string {
  const { task, resumedAt, resumedBy, ...known } = inPlainText(resumed);
  const end = withAttribution(`resumed at ${resumedAt}`, resumedBy);
  return `${paint('green', 'resumed')}: ${task} runs again from its next slot on; it was ${pauseText(known)}, and ${end}`;
}
