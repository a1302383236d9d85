import { MaintenanceError } from './maintenance.error.js';

/** Why a run has to end before its work is done. */
export type InterruptionReason = 'requested' | 'shutdown' | 'lease-lost' | 'time-budget';

const SENTENCES: Readonly<Record<InterruptionReason, string>> = {
  requested: 'The run was asked to stop',
  shutdown: 'The application shuts down',
  'lease-lost': 'The run did not renew its lease in time and was taken for crashed',
  'time-budget': 'The time that the run may take (maxDurationMs, --max-duration) is over',
};

const CODES: Readonly<Record<InterruptionReason, string>> = {
  requested: 'INTERRUPTED',
  shutdown: 'INTERRUPTED',
  'lease-lost': 'LEASE_LOST',
  'time-budget': 'TIME_BUDGET',
};

/** Ends a run between two batches; what was committed stays. Code `INTERRUPTED`, `LEASE_LOST` or `TIME_BUDGET`. */
export class RunInterruptedError extends MaintenanceError {
  public constructor(public readonly reason: InterruptionReason) {
    super(CODES[reason], `${SENTENCES[reason]}; the next run goes on`);
  }
}
