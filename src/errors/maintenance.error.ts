/** What every error of this package carries beside its message. */
export interface MaintenanceErrorDetails {
  /** Facts for programs, such as the table concerned. Never a secret, a token or a key. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The base of every error this package throws. `code` is stable and meant for programs; the message says what failed, on
 * what, and what to do.
 */
export class MaintenanceError extends Error {
  public readonly context: Readonly<Record<string, unknown>>;

  public constructor(
    public readonly code: string,
    message: string,
    details: MaintenanceErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.context = details.context ?? {};
  }
}
