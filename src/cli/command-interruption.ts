import { MaintenanceError } from '../errors/maintenance.error.js';

/** What may end a call from outside; a caller that only lends its streams gives none. */
export interface CommandSignals {
  /** Fires at the first SIGINT or SIGTERM, with its name as the reason, or at an error that nobody caught. */
  readonly stop: AbortSignal;
  /** Fires when nothing is left that the process could wait for. */
  readonly idle: AbortSignal;
}

const NEVER: CommandSignals = { stop: new AbortController().signal, idle: new AbortController().signal };

/** Knows how far a call has come, and ends it when it is told to stop or when what it waits for never comes. */
export class CommandInterruption {
  private stage = 'reading the command';
  private state = 'nothing was touched';
  private isLeftToTask = false;

  public constructor(private readonly signals: CommandSignals = NEVER) {}

  /** The signal to stop, for what can be stopped by one. */
  public get stop(): AbortSignal {
    return this.signals.stop;
  }

  /**
   * Says what is done from now on, such as `loading the config file X`, and how things stand when it is ended there.
   *
   * @throws {MaintenanceError} `INTERRUPTED` when it was told to stop before: what was begun then goes no further
   */
  public enter(stage: string, state = 'nothing was touched'): void {
    if (this.signals.stop.aborted) {
      throw this.stopped(String(this.signals.stop.reason));
    }
    this.stage = stage;
    this.state = state;
  }

  /** Leaves it to a task to end by the signal in its own way, with a report. `onStop` is told the signal's name. */
  public async leaveTo<Result>(
    work: (stop: AbortSignal) => Promise<Result>,
    onStop: (name: string) => void,
  ): Promise<Result> {
    const { stop } = this.signals;
    const tell = (): void => onStop(String(stop.reason));
    this.isLeftToTask = true;
    stop.addEventListener('abort', tell);
    try {
      return await work(stop);
    } finally {
      stop.removeEventListener('abort', tell);
    }
  }

  /**
   * Waits for a call to end.
   *
   * @throws {MaintenanceError} `INTERRUPTED` when it is told to stop before it has come to its task; `NEVER_SETTLED` when it waits for
   * what never comes
   */
  public async orInterrupted<Result>(call: Promise<Result>): Promise<Result> {
    const { stop, idle } = this.signals;
    const over = new AbortController();
    const interrupted = new Promise<never>((_, reject) => {
      const onStop = (): void => {
        if (!this.isLeftToTask) {
          reject(this.stopped(String(stop.reason)));
        }
      };
      stop.addEventListener('abort', onStop, { signal: over.signal });
      idle.addEventListener('abort', () => reject(this.neverSettled()), { signal: over.signal });
      if (stop.aborted) {
        onStop();
      }
    });
    try {
      return await Promise.race([call, interrupted]);
    } finally {
      over.abort();
      call.catch(() => undefined);
    }
  }

  private stopped(signal: string): MaintenanceError {
    return new MaintenanceError('INTERRUPTED', `${signal}: stopped while ${this.stage}; ${this.state}`);
  }

  private neverSettled(): MaintenanceError {
    return new MaintenanceError(
      'NEVER_SETTLED',
      `Nothing was left to wait for before the command had ended, while ${this.stage}: a promise there never settles`,
    );
  }
}
