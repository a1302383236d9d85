import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../batches/batch-limits.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import type { TotpRotationProgressListener } from './totp-key-rotation-request.js';
import type { TotpKeyring } from './totp-keyring.js';
import type { TotpRotationMode } from './totp-settings.js';

/** A rotation with its request and settings put together. */
export interface TotpRotationPlan {
  readonly keyring: TotpKeyring;
  readonly mode: TotpRotationMode;
  readonly isDryRun: boolean;
  readonly encryptPlaintext: boolean;
  readonly limits: Omit<BatchLimits, 'beforeBatch'>;
  readonly assertOwner: OwnerAssertion;
  /** Awaited between two batches of a rolling rotation, outside any transaction. What it throws ends the run; what was committed stays. */
  readonly beforeBatch: (queryRunner: QueryRunner) => Promise<void>;
  /** Awaited after the last batch of a rolling rotation: puts all of them on the disk. */
  readonly settle: (queryRunner: QueryRunner) => Promise<void>;
  /** Stops the run between two batches. Its reason is the error to end with. */
  readonly signal: AbortSignal;
  /** @default nobody is told, and nothing is counted for it */
  readonly onProgress?: TotpRotationProgressListener;
}

/** The fields of the report that the rotation itself fills in. */
export type TotpRotationResult = Pick<
  TotpKeyRotationReport,
  | 'status'
  | 'total'
  | 'rotated'
  | 'alreadyCurrent'
  | 'encryptedPlaintext'
  | 'leftPlaintext'
  | 'undecryptable'
  | 'undecryptableUserIds'
  | 'heldUsers'
  | 'safeToRetirePreviousKeys'
  | 'error'
>;
