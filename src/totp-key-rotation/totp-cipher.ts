import { Inject, Injectable } from '@nestjs/common';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { TotpDecryptionError } from '../errors/totp-decryption.error.js';
import { FERNET_KEY_FORM, type FernetKey } from './fernet/fernet-key.js';
import { encryptFernet, openFernet } from './fernet/fernet.js';
import { parseKeys } from './given-keys.js';
import { type CompleteTotpSettings, TOTP_SETTINGS } from './totp-settings.js';

/**
 * Reads and writes TOTP secrets as Tenxyte stores them: Fernet tokens, byte-compatible with Python's `cryptography`. It reads with every
 * key of `totp.keys`, so that a host goes on reading while a rotation is under way.
 */
@Injectable()
export class TotpCipher {
  readonly #keys: readonly FernetKey[];

  public constructor(@Inject(TOTP_SETTINGS) { keys }: Pick<CompleteTotpSettings, 'keys'>) {
    this.#keys = keys;
  }

  /**
   * A cipher outside of Nest.
   *
   * @param keys as in the `totp.keys` option: undefined and blank ones are passed over, but for the first
   * @throws {MaintenanceError} `TOTP_KEY` when one is no key, or the first is missing; the message shows none
   */
  public static withKeys(keys: readonly (string | undefined)[]): TotpCipher {
    return new TotpCipher({ keys: parseKeys(keys) });
  }

  /**
   * Encrypts a secret under the first key, stamped with the present time.
   *
   * @throws {MaintenanceConfigError} when there are no keys
   */
  public encrypt(secret: string): string {
    return encryptFernet(this.first, Buffer.from(secret), { timestamp: BigInt(Math.floor(Date.now() / 1000)) });
  }

  /**
   * Decrypts a secret with whichever key opens it, in any spelling that Python opens too. Plain base32 is an error: to accept it would let
   * whoever can write the column choose the secret. Null, for a user without a secret, is null.
   *
   * `TenxyteUser.totpSecret` is selected only by its name, and undefined otherwise, which is an error too: it says nothing about the user.
   *
   * @throws {TotpDecryptionError} when none does
   * @throws {MaintenanceConfigError} when there are no keys
   * @throws {MaintenanceError} `TOTP_SECRET_NOT_READ` when the secret is undefined
   */
  public decrypt(stored: string): string;
  public decrypt(stored: null): null;
  public decrypt(stored: string | null): string | null;
  public decrypt(stored: string | null): string | null {
    assertRead(stored);
    if (stored === null) {
      return null;
    }
    for (const key of [this.first, ...this.#keys.slice(1)]) {
      const content = openFernet(key, stored);
      if (content !== undefined) {
        return content.plaintext.toString();
      }
    }
    throw new TotpDecryptionError();
  }

  /**
   * True when the first key does not open a stored secret, whether another one does or not; false for null, as there is none.
   *
   * @throws {MaintenanceConfigError} when there are no keys
   * @throws {MaintenanceError} `TOTP_SECRET_NOT_READ` when the secret is undefined
   */
  public needsRotation(stored: string | null): boolean {
    assertRead(stored);
    return stored !== null && openFernet(this.first, stored) === undefined;
  }

  private get first(): FernetKey {
    const [first] = this.#keys;
    if (first === undefined) {
      throw missingKeys();
    }
    return first;
  }
}

/** A user whose secret was not selected must not pass for one who has none, and needs no code. */
function assertRead(stored: string | null | undefined): void {
  if (stored === undefined) {
    throw new MaintenanceError(
      'TOTP_SECRET_NOT_READ',
      'A TOTP secret is undefined: TenxyteUser.totpSecret was not selected, which is done by its name alone. Null says that there is none',
    );
  }
}

/** Thrown where keys are needed and there are none. */
export function missingKeys(): MaintenanceConfigError {
  const problem = {
    path: 'totp.keys',
    received: 'an empty list',
    accepted: `at least one key, each ${FERNET_KEY_FORM}`,
  };
  return new MaintenanceConfigError('No TOTP keys are configured', [problem]);
}
