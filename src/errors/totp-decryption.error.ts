import { MaintenanceError } from './maintenance.error.js';

/** A stored TOTP secret that none of the keys opens. Code `TOTP_UNDECRYPTABLE`. */
export class TotpDecryptionError extends MaintenanceError {
  public constructor() {
    super(
      'TOTP_UNDECRYPTABLE',
      'None of the keys in totp.keys opens this TOTP secret: it is damaged, not encrypted, or under a key that is not listed',
    );
  }
}
