import type { EventsByName } from '../contract/run-events.js';
import type { Instant } from '../database/instant.js';

/** A TOTP secret that none of the configured keys opens. It was left as it is. */
export interface SecretUndecryptableEvent {
  readonly event: 'tenxyte-maintenance.totp.secret-undecryptable';
  readonly runId: string;
  /** The key of the user's row. */
  readonly userId: string;
}

/** The first TOTP key has been in use for longer than `totp.maxKeyAgeDays`. */
export interface TotpKeyTooOldEvent {
  readonly event: 'tenxyte-maintenance.totp.key-too-old';
  readonly runId: string;
  readonly keyInUseSince: Instant;
  /** Whole days. */
  readonly keyAgeDays: number;
  readonly maxKeyAgeDays: number;
}

/** The events of the TOTP key rotation. */
export type TotpKeyRotationEvents = EventsByName<SecretUndecryptableEvent | TotpKeyTooOldEvent>;
