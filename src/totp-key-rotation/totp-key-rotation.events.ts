import type { Instant } from '../database/instant.js';

/** A TOTP secret that none of the configured keys opens. It was left as it is. */
export interface SecretUndecryptableEvent {
  readonly runId: string;
  /** The key of the user's row. */
  readonly userId: string;
}

/** The first TOTP key has been in use for longer than `totp.maxKeyAgeDays`. */
export interface TotpKeyTooOldEvent {
  readonly runId: string;
  readonly keyInUseSince: Instant;
  /** Whole days. */
  readonly keyAgeDays: number;
  readonly maxKeyAgeDays: number;
}

/** The events of the TOTP key rotation. */
export interface TotpKeyRotationEvents {
  'tenxyte-maintenance.totp.secret-undecryptable': SecretUndecryptableEvent;
  'tenxyte-maintenance.totp.key-too-old': TotpKeyTooOldEvent;
}
