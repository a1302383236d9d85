import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { pythonBase64 } from './python-base64.js';

const KEY_BYTES = 32;
/** Python wants the padding; openssl and others leave it out, or somebody did not copy it. */
const WITHOUT_PADDING = /^[A-Za-z0-9+/_-]{43}$/;
/** Two keys in one text, perhaps: older Pythons would read the first alone, newer ones none. */
const DIGITS_AFTER_PADDING = /=[^]*[A-Za-z0-9+/_-]/;
const FINGERPRINT_OF = 'tenxyte-maintenance/totp-key/1';

/** The form of a key, for messages. */
export const FERNET_KEY_FORM = 'a Fernet key: 44 characters of base64';

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

  /** True for 32 bytes of base64 in either alphabet, spelled in any way that Python reads, and without the padding too. */
  public static isValid(text: unknown): text is string {
    return typeof text === 'string' && keyBytes(text) !== undefined;
  }

  /** @throws {MaintenanceError} `TOTP_KEY` when the text is no key; the message does not show it */
  public static parse(text: string): FernetKey {
    const bytes = keyBytes(text);
    if (bytes === undefined) {
      throw new MaintenanceError('TOTP_KEY', `A TOTP key cannot be read, accepted is ${FERNET_KEY_FORM}`);
    }
    return new FernetKey(bytes);
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
   * Tells keys apart, however they are spelled, without giving anything of them away: 32 hexadecimal digits of an HMAC-SHA256 under the key.
   * Kept in the database, shown to nobody.
   */
  public get fingerprint(): string {
    return this.#fingerprint;
  }
}

function keyBytes(text: string): Buffer | undefined {
  const trimmed = text.trim();
  if (WITHOUT_PADDING.test(trimmed)) {
    return Buffer.from(trimmed, 'base64');
  }
  const [bytes] = DIGITS_AFTER_PADDING.test(text) ? [] : pythonBase64(text);
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}
