import { Inject, Injectable } from '@nestjs/common';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { TotpDecryptionError } from '../errors/totp-decryption.error.js';
import { FERNET_KEY_FORM, FernetKey } from './fernet/fernet-key.js';
import { encryptFernet, openFernet } from './fernet/fernet.js';
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
   * @param keys as in the `totp.keys` option
   * @throws {MaintenanceError} `TOTP_KEY` when one is no key; the message does not show it
   */
  public static withKeys(keys: readonly string[]): TotpCipher {
    return new TotpCipher({ keys: keys.map((key) => FernetKey.parse(key)) });
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
   * Decrypts a secret with whichever key opens it. Plain base32 is an error too: to accept it would let whoever can write the column choose
   * the secret.
   *
   * @throws {TotpDecryptionError} when none does
   * @throws {MaintenanceConfigError} when there are no keys
   */
  public decrypt(token: string): string {
    for (const key of [this.first, ...this.#keys.slice(1)]) {
      const content = openFernet(key, token);
      if (content !== undefined) {
        return content.plaintext.toString();
      }
    }
    throw new TotpDecryptionError();
  }

  /**
   * True when the first key does not open a stored secret, whether another one does or not.
   *
   * @throws {MaintenanceConfigError} when there are no keys
   */
  public needsRotation(token: string): boolean {
    return openFernet(this.first, token) === undefined;
  }

  private get first(): FernetKey {
    const [first] = this.#keys;
    if (first === undefined) {
      throw missingKeys();
    }
    return first;
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
