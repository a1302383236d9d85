import * as v from 'valibot';
import { type AttributedRequest, attributionEntries } from '../contract/attribution.js';
import { claimWaitMs } from '../tasks/claim-by-hand.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { folderSchema, scanLevelSchema } from './dependency-scan-settings.js';
import type { ScanLevel } from './severity.js';

/** The request of a manual scan of the dependencies. */
export interface DependencyScanRequest extends AttributedRequest {
  /** From which severity on a finding is warned of. @default `dependencyScan.level` */
  readonly level?: ScanLevel;
  /** The folder with the lock file. @default `dependencyScan.cwd` */
  readonly cwd?: string;
  /** Whether code of that folder may be run, as `dependencyScan.trustProject`. @default that of the options, for their folder alone */
  readonly trustProject?: boolean;
  /** Goes on although the task is paused. @default false */
  readonly force?: boolean;
  /**
   * Milliseconds to wait for another run of the task to end, or to lose its lease, before this one is refused; 0 to 86,400,000. 0 = do not
   * wait.
   * @default 0
   */
  readonly waitMs?: number;
  /** Stops the scan: the package manager is killed. */
  readonly signal?: AbortSignal;
}

const requestSchema = strictObject(
  {
    level: v.optional(scanLevelSchema),
    cwd: v.optional(folderSchema),
    trustProject: v.optional(v.boolean('true or false')),
    force: v.optional(v.boolean('true or false')),
    waitMs: v.optional(claimWaitMs),
    ...attributionEntries,
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
  },
  'an object',
);

/**
 * The request with its own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateDependencyScanRequest(request: DependencyScanRequest): DependencyScanRequest {
  return validate('Invalid call of scanDependencies()', requestSchema, request) as DependencyScanRequest;
}
