import { MaintenanceError } from './maintenance.error.js';

/**
 * Why a run has to end before its work is done: its caller's `AbortSignal`, a SIGINT or SIGTERM at the command line, the shutdown of the
 * application, a cancellation from anywhere, a lease that was taken over, `maxDurationMs`, or a database that no longer answers.
 */
export type InterruptionReason =
  'requested' | 'signal' | 'shutdown' | 'cancelled' | 'lease-lost' | 'time-budget' | 'no-answer';

const SENTENCES: Readonly<Record<InterruptionReason, string>> = {
  requested: 'The run was asked to stop',
  signal: 'The run was asked to stop by a signal',
  shutdown: 'The application shuts down',
  cancelled: 'The run was cancelled',
  'lease-lost': 'The run did not renew its lease in time and was taken for crashed',
  'time-budget': 'The time that the run may take (maxDurationMs, --max-duration) is over',
  'no-answer': 'The database no longer answered',
};

const CODES: Readonly<Record<InterruptionReason, string>> = {
  requested: 'INTERRUPTED',
  signal: 'INTERRUPTED',
  shutdown: 'INTERRUPTED',
  cancelled: 'CANCELLED',
  'lease-lost': 'LEASE_LOST',
  'time-budget': 'TIME_BUDGET',
  'no-answer': 'NO_ANSWER',
};

/** True where nobody meant the run to end, and another try may go through. */
export function isAccident(reason: string | null): boolean {
  return reason === 'no-answer' || reason === 'lease-lost';
}

/** Ends a run between two batches; what was committed stays: `INTERRUPTED`, `CANCELLED`, `LEASE_LOST`, `TIME_BUDGET` or `NO_ANSWER`. */
export class RunInterruptedError extends MaintenanceError {
  /** @param by who asked for it, and why, as ` by Ann, reason: ticket 17`. @default nobody said */
  public constructor(
    public readonly reason: InterruptionReason,
    by = '',
  ) {
    super(CODES[reason], `${SENTENCES[reason]}${by}; the next run goes on`);
  }
}
