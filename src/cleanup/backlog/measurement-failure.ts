import { errorMessage } from '../../errors/error-message.js';
import type { ReportedError } from '../../contract/task-report.js';
import { targetFailure } from '../target-failure.js';

/** What to do, where it is not what one would do about a failed deletion. */
const ADVICE: Readonly<Record<string, string>> = {
  PERMISSION_DENIED: 'grant select on the table and on each of its partitions',
  STATEMENT_TIMEOUT: 'measuring took longer than cleanup.statementTimeoutMs, or someone cancelled it',
  CONNECTION_LOST: 'nothing was changed',
};

/** Puts whatever ended the measurement of a target into the report's words. */
export function measurementFailure(error: unknown): ReportedError {
  const failure = targetFailure(error, 0);
  const advice = ADVICE[failure.code];
  return advice === undefined ? failure : { code: failure.code, message: `${errorMessage(error)}: ${advice}` };
}
