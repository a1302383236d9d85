import type { TaskReport } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { TotpRotationMode } from './totp-settings.js';

/** The report of a rotation of the TOTP keys. It names users by the keys of their rows, and holds no secret and no key. */
export interface TotpKeyRotationReport extends TaskReport {
  readonly task: 'totp-key-rotation';
  readonly mode: TotpRotationMode;
  /** Users with a secret, soft-deleted ones included; the sum of the six counts below. */
  readonly total: number;
  /** Secrets that were under another key and are now under the first or, in a dry run, would be. */
  readonly rotated: number;
  readonly alreadyCurrent: number;
  /** Plain base32 secrets that are now encrypted or, in a dry run, would be; 0 without `encryptPlaintext`. */
  readonly encryptedPlaintext: number;
  /** Plain base32 secrets that were left as they are. */
  readonly leftPlaintext: number;
  /** Secrets that none of the keys opens; left as they are. */
  readonly undecryptable: number;
  /** Whose they are: the keys of the users' rows, at most 100. */
  readonly undecryptableUserIds: readonly string[];
  /** Users whose secret somebody else locked or changed each time; the next run takes them. */
  readonly heldUsers: number;
  /**
   * True only when all secrets were read again after the last one was written, none needs a key but the first, and none is opened by no key.
   * In a dry run: true when that is so now.
   */
  readonly safeToRetirePreviousKeys: boolean;
  /** When a run first found secrets under the key that is the first one now; null when none is, or when no run was recorded yet. */
  readonly keyInUseSince: Instant | null;
  /** Whole days since then, rounded down; null with it. */
  readonly keyAgeDays: number | null;
  /** When a run last brought a secret under this key; null when none did. */
  readonly lastRotationAt: Instant | null;
}
