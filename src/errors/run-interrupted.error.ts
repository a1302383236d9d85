import { MaintenanceError } from './maintenance.error.js';

/** Why a run has to end before its work is done. */
export type InterruptionReason = 'requested' | 'shutdown' | 'lease-lost';

const SENTENCES: Readonly<Record<InterruptionReason, string>> = {
  requested: 'The run was asked to stop',
  shutdown: 'The application shuts down',
  'lease-lost': 'The run went without a sign of life for longer than its lease, and was taken for crashed',
};

/** Ends a run between two batches; what was committed stays. Code `INTERRUPTED`, or `LEASE_LOST`. */
export class RunInterruptedError extends MaintenanceError {
  public constructor(public readonly reason: InterruptionReason) {
    super(reason === 'lease-lost' ? 'LEASE_LOST' : 'INTERRUPTED', `${SENTENCES[reason]}; the next run goes on`);
  }
}
