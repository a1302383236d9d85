const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A wish to stop, given by a signal. */
export interface StopRequest {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Gives the signals their usual effect back. */
  dispose(): void;
}

/** Turns the first SIGINT or SIGTERM into an abort; a second one ends the process at once. */
export function stopOnSignals(onStop: (name: NodeJS.Signals) => void): StopRequest {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    dispose();
    controller.abort();
    onStop(name);
  };
  const dispose = (): void => SIGNALS.forEach((name) => process.off(name, stop));
  SIGNALS.forEach((name) => process.on(name, stop));
  return { signal: controller.signal, dispose };
}
