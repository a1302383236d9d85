import type { Paint } from '../text/paint.js';
import type { ExitCode } from './exit-codes.js';

/** How a command ended. */
export interface CommandOutcome {
  /** The document of `--json`. */
  readonly report: object;
  /** The same for a person. */
  readonly text: (paint: Paint) => string;
  readonly exitCode: ExitCode;
  /** The failure, in one sentence for standard error. */
  readonly complaint?: string;
}
