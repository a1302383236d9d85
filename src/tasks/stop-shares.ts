/**
 * What happens to a run that is to stop, each after a share of `shutdownTimeoutMs`: the statement in flight is cancelled, then, as not even
 * that was answered, the connections are cut. The record of the end takes no longer than `record` after that, and whoever called for the run
 * waits for it no longer than `giveUp` in all.
 */
export const STOP_SHARES = { cancel: 0.7, cut: 0.85, record: 0.3, giveUp: 1.25 } as const;
