import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { MaintenanceError } from '../../errors/maintenance.error.js';

const KEY_BYTES = 32;
const KEY_TEXT = /^[A-Za-z0-9_-]{43}=$/;
const FINGERPRINT_OF = 'tenxyte-maintenance/totp-key/1';

/** The form of a key, for messages. */
export const FERNET_KEY_FORM = 'a Fernet key: 44 characters of URL-safe base64';

/** A Fernet key: 16 bytes that sign and 16 that encrypt. Printed, logged or serialized, it shows neither. */
export class FernetKey {
  readonly #signing: KeyObject;
  readonly #encryption: KeyObject;
  readonly #fingerprint: string;

  private constructor(bytes: Buffer) {
    this.#signing = createSecretKey(bytes.subarray(0, KEY_BYTES / 2));
    this.#encryption = createSecretKey(bytes.subarray(KEY_BYTES / 2));
    this.#fingerprint = createHmac('sha256', bytes).update(FINGERPRINT_OF).digest('hex').slice(0, 32);
  }

  /** True for 44 characters of URL-safe base64, which are 32 bytes: what Python's `Fernet.generate_key()` gives. */
  public static isValid(text: unknown): text is string {
    return typeof text === 'string' && KEY_TEXT.test(text);
  }

  /** @throws {MaintenanceError} `TOTP_KEY` when the text is no key; the message does not show it */
  public static parse(text: string): FernetKey {
    if (!FernetKey.isValid(text)) {
      throw new MaintenanceError('TOTP_KEY', `A TOTP key cannot be read, accepted is ${FERNET_KEY_FORM}`);
    }
    return new FernetKey(Buffer.from(text, 'base64url'));
  }

  /** A new random key as text, of 44 characters. */
  public static generate(): string {
    return `${randomBytes(KEY_BYTES).toString('base64url')}=`;
  }

  /** For HMAC-SHA256. */
  public get signing(): KeyObject {
    return this.#signing;
  }

  /** For AES-128-CBC. */
  public get encryption(): KeyObject {
    return this.#encryption;
  }

  /**
   * Tells keys apart without giving anything of them away: 32 hexadecimal digits of an HMAC-SHA256 under the key. Kept in the database,
   * shown to nobody.
   */
  public get fingerprint(): string {
    return this.#fingerprint;
  }
}
