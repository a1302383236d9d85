import { isRetryable } from './error-codes.js';

/**
 * The base of every error this package throws. `code` is stable and meant for programs; the message says what failed, on
 * what, and what to do.
 */
export class MaintenanceError extends Error {
  /** Facts for programs, such as the table concerned. Never a secret, a token or a key. */
  public readonly context: Readonly<Record<string, unknown>>;

  /** True when the same call, made again later, can go through with nothing else done, by the code. */
  public readonly retryable: boolean;

  public constructor(
    public readonly code: string,
    message: string,
    { context = {}, cause }: { readonly context?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.context = context;
    this.retryable = isRetryable(code);
  }
}
