import { wholeNumber } from '../validation/whole-number.js';

/** The longest time budget of a run, in milliseconds: a day. */
export const MAX_RUN_DURATION_MS = 86_400_000;

/** What the time budget of a run may be, in the options and in a call. */
export const runDurationMs = wholeNumber({ max: MAX_RUN_DURATION_MS, unit: 'milliseconds', zero: 'no limit' });
