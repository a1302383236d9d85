import * as v from 'valibot';
import { type AttributedRequest, attributionEntries } from '../contract/attribution.js';
import type { TaskStatus } from '../contract/task-report.js';
import { claimWaitMs } from '../tasks/claim-by-hand.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { type TotpRotationMode, totpRotationModeSchema } from './totp-settings.js';

/** How far a rotation is, given after each batch, and once at its end. */
export interface TotpRotationProgress {
  /** `rotating` goes over all users once; `reading-back` does so again, when all is written. */
  readonly phase: 'rotating' | 'reading-back';
  /** Secrets seen in this phase so far. */
  readonly secrets: number;
  /** Secrets written so far or, in a dry run, to be written. */
  readonly written: number;
  /** The share of the whole run that lies behind, 0 to 1. It never falls, and is 1 at the end alone. */
  readonly overall: number;
  /** How the rotation ended, in the last call; null before. */
  readonly status: TaskStatus | null;
  /** The code of its error, in the last call; null when there is none. */
  readonly reason: string | null;
}

/** Told after each batch. What it throws is logged once and otherwise ignored: it cannot harm the run. */
export type TotpRotationProgressListener = (progress: TotpRotationProgress) => void;

/** The request of a manual rotation. */
export interface TotpKeyRotationRequest extends AttributedRequest {
  /** Try every secret, and write none. @default false */
  readonly dryRun?: boolean;
  /** @default what the `totp.mode` option says */
  readonly mode?: TotpRotationMode;
  /** Also encrypt secrets that are plain base32. @default what the `totp.encryptPlaintext` option says */
  readonly encryptPlaintext?: boolean;
  /**
   * Goes on where the run would be refused with `KEY_ORDER_REVERSED`: brings every secret back under a key that another one had replaced;
   * and although the task is paused.
   * @default false
   */
  readonly force?: boolean;
  /**
   * Milliseconds to wait for another run of the task to end, or to lose its lease, before this one is refused; 0 to 86,400,000. 0 = do not
   * wait. A dry run needs no wait.
   * @default 0
   */
  readonly waitMs?: number;
  /** Stops the run between two batches; an atomic one is undone. */
  readonly signal?: AbortSignal;
  readonly onProgress?: TotpRotationProgressListener;
}

const requestSchema = strictObject(
  {
    dryRun: v.optional(v.boolean('true or false')),
    mode: v.optional(totpRotationModeSchema),
    encryptPlaintext: v.optional(v.boolean('true or false')),
    force: v.optional(v.boolean('true or false')),
    waitMs: v.optional(claimWaitMs),
    ...attributionEntries,
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
    onProgress: v.optional(v.custom((value) => typeof value === 'function', 'a function')),
  },
  'an object',
);

/**
 * The request with its own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateTotpKeyRotationRequest(request: TotpKeyRotationRequest): TotpKeyRotationRequest {
  return validate('Invalid call of rotateTotpKeys()', requestSchema, request) as TotpKeyRotationRequest;
}
