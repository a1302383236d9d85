import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../batches/batch-limits.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import type { TotpRotationProgress } from './totp-key-rotation-request.js';
import type { TotpKeyring } from './totp-keyring.js';
import type { TotpRotationMode } from './totp-settings.js';

/** What a rotation has to do, decided. */
export interface TotpRotationPlan {
  readonly keyring: TotpKeyring;
  readonly mode: TotpRotationMode;
  readonly isDryRun: boolean;
  readonly encryptPlaintext: boolean;
  readonly limits: Omit<BatchLimits, 'beforeBatch'>;
  /** Awaited between two batches of a rolling rotation, outside any transaction. What it throws ends the run; what was committed stays. */
  readonly beforeBatch?: BatchLimits['beforeBatch'] | undefined;
  /** Stops the run between two batches. Its reason is the error to end with. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TotpRotationProgress) => void) | undefined;
  /** Gives the run its connection. @default one of the data source's pool, given back at the end */
  readonly withQueryRunner?:
    (<Result>(work: (queryRunner: QueryRunner) => Promise<Result>) => Promise<Result>) | undefined;
}

/** What a rotation did. */
export type TotpRotationResult = Pick<
  TotpKeyRotationReport,
  | 'runAt'
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
