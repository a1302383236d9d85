import type { BusyTask, ClaimOutcome } from '../contract/run-record.js';
import { isConnectionLost } from '../database/sql-state.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { wholeNumber } from '../validation/whole-number.js';
import type { RunTime } from './clocks.js';

/** The longest wait of a run by hand for another one to end: a day. */
export const LONGEST_CLAIM_WAIT_MS = 86_400_000;

/** The schema of that wait in a call. */
export const claimWaitMs = wholeNumber({ max: LONGEST_CLAIM_WAIT_MS, unit: 'milliseconds', zero: 'do not wait' });

const FIRST_PAUSE_MS = 250;
/** A run that ended, or whose lease ran out, is taken over from this soon. */
const LONGEST_PAUSE_MS = 5_000;

/** How long a claim waits for another run of its task to end. */
export interface ClaimWait {
  readonly waitMs: number;
  readonly time: RunTime;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Told once, before the first pause. */
  readonly onWait: (busy: BusyTask) => void;
}

/** The last answer to a claim. */
export interface AwaitedClaim<Outcome extends ClaimOutcome = ClaimOutcome> {
  readonly outcome: Outcome;
  readonly hasWaited: boolean;
  /** True when the signal left time unspent. */
  readonly isStopped: boolean;
}

/**
 * Claims, and claims again while another run of the task goes on, until the time is over or the signal fires. The last attempt is made when
 * the time is just over.
 */
export async function claimPatiently<Outcome extends ClaimOutcome>(
  claim: () => Promise<Outcome>,
  { waitMs, time, signal, onWait }: ClaimWait,
): Promise<AwaitedClaim<Outcome>> {
  const until = time.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS, hasWaited = false; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const outcome = await claim();
    const leftMs = until - time.now();
    if (outcome.kind !== 'busy' || leftMs <= 0 || signal.aborted) {
      return { outcome, hasWaited, isStopped: outcome.kind === 'busy' && leftMs > 0 };
    }
    if (!hasWaited) {
      onWait(outcome);
      hasWaited = true;
    }
    await time.sleep(Math.min(pauseMs, leftMs), signal);
    if (signal.aborted) {
      return { outcome, hasWaited, isStopped: true };
    }
  }
}

/** A claim whose answer was lost is asked about again for some 8 s: a server that crashed is back by then as a rule. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;

/**
 * Claims a run. A claim whose answer was lost may have been granted, and would keep everybody out with nobody at work: it is asked again
 * until there is an answer, or for some seconds.
 *
 * @param giveUp what to throw when there was none
 */
export async function claimUntilAnswered(
  claim: () => Promise<ClaimOutcome>,
  {
    time,
    signal,
    giveUp,
  }: { readonly time: RunTime; readonly signal: AbortSignal; readonly giveUp: (cause: unknown) => MaintenanceError },
): Promise<ClaimOutcome> {
  let isUncertain = false;
  for (let pauseMs = FIRST_RETRY_MS; ; pauseMs *= 2) {
    try {
      return await claim();
    } catch (error) {
      isUncertain ||= isConnectionLost(error);
      if (!isUncertain || (error instanceof MaintenanceError && !isConnectionLost(error))) {
        throw error;
      }
      if (pauseMs > LONGEST_RETRY_MS || signal.aborted) {
        throw giveUp(error);
      }
    }
    await time.sleep(pauseMs, signal);
  }
}
