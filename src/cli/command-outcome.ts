import type { Paint } from '../text/paint.js';
import type { ExitCode } from './exit-codes.js';

/** How a command ended. */
export interface CommandOutcome {
  /** The document of `--json`. */
  readonly report: object;
  /** The same for a person. @default nothing, as all was shown before */
  readonly text?: (paint: Paint) => string;
  readonly exitCode: ExitCode;
  /** The failure, in one sentence for standard error. */
  readonly complaint?: string;
}
