import type { CancelledRun } from '../../control/task-control.service.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { withAttribution } from '../../text/run-line.js';

/** The answer to a cancellation. */
export function cancelledText(run: CancelledRun, paint: Paint): string {
  const { runId, task, owner, cancelRequestedAt, cancelledBy } = inPlainText(run);
  const request = withAttribution(`asked for at ${cancelRequestedAt}`, cancelledBy);
  return `${paint('green', 'cancelled')}: ${task} ${runId} of ${owner} stops after the batch in flight, ${request}`;
}
