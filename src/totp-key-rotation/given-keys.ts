import { MaintenanceError } from '../errors/maintenance.error.js';
import { FERNET_KEY_FORM, FernetKey } from './fernet/fernet-key.js';

/** The form of the first key of a list in which others follow, for messages. */
export const FIRST_KEY_FORM = `the key that encrypts, ${FERNET_KEY_FORM}; without it the next key would take its place`;

/** False for what an environment variable that is not set, or is set to nothing, leaves in a list. */
export function isKeyGiven(key: unknown): boolean {
  return key !== undefined && (typeof key !== 'string' || key.trim() !== '');
}

/** The keys of a list, in their order; none of what is no list. */
export function givenKeys(keys: readonly (string | undefined)[] | undefined): readonly string[] {
  return Array.isArray(keys) ? keys.filter((key): key is string => isKeyGiven(key)) : [];
}

/** True when the first place is empty and another one is not: everything would be encrypted under a key that was to go. */
export function isFirstKeyMissing(keys: readonly unknown[]): boolean {
  return !isKeyGiven(keys[0]) && keys.some(isKeyGiven);
}

/**
 * Reads the keys of a list.
 *
 * @throws {MaintenanceError} `TOTP_KEY` when one is no key, or when the first is missing; the message shows none
 */
export function parseKeys(keys: readonly (string | undefined)[]): readonly FernetKey[] {
  if (isFirstKeyMissing(keys)) {
    throw new MaintenanceError('TOTP_KEY', `The first TOTP key is missing, accepted is ${FIRST_KEY_FORM}`);
  }
  return givenKeys(keys).map((key) => FernetKey.parse(key));
}
