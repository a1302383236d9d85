import type { CommandEnvironment } from '../contract/maintenance-task.js';
import { UsageError } from '../errors/usage.error.js';
import { FernetKey } from './fernet/fernet-key.js';
import { givenKeys } from './given-keys.js';
import type { TotpSettings } from './totp-settings.js';

const FIRST_KEY = 'TENXYTE_TOTP_ENCRYPTION_KEY';
const PREVIOUS_KEYS = 'TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS';
const KEY_FORM = '44 characters of base64 (tenxyte-maintenance generate-totp-key prints one)';

/**
 * Takes the TOTP keys from the environment: the first one from `TENXYTE_TOTP_ENCRYPTION_KEY`, the older ones, separated by commas, from
 * `TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS`. Without them, those of the config file hold.
 *
 * @throws {UsageError} when there are none at all, when one is no key, or when the config file names others; no message shows a key
 */
export function withTotpKeys(settings: TotpSettings | undefined, environment: CommandEnvironment): TotpSettings {
  const complete = withTotpKeysIfAny(settings, environment);
  if (complete === undefined || givenKeys(complete.keys).length === 0) {
    throw new UsageError(
      `No TOTP key was given: set ${FIRST_KEY} to the new key and ${PREVIOUS_KEYS} to the older ones, separated by commas, or totp.keys in a config file`,
    );
  }
  return complete;
}

/**
 * As {@link withTotpKeys}, for a command that works without keys too.
 *
 * @throws {UsageError} when one is no key, or when the config file names others
 */
export function withTotpKeysIfAny(
  settings: TotpSettings | undefined,
  { env, hide }: CommandEnvironment,
): TotpSettings | undefined {
  const given = keysOf(env);
  const configured = givenKeys(settings?.keys);
  hide([...given, ...configured].flatMap((key) => [key, key.trim()]));
  const keys = given.length > 0 ? given : configured;
  if (keys.length === 0) {
    return settings;
  }
  if (given.length > 0 && configured.length > 0 && !areSame(given, configured)) {
    throw new UsageError(
      `The config file's totp.keys and ${FIRST_KEY} with ${PREVIOUS_KEYS} give different keys, or the same in another order: give them in one place`,
    );
  }
  return given.length > 0 ? { ...settings, keys: given } : { ...settings };
}

/** The same keys in the same order, however they are spelled. What is no key is found out later. */
function areSame(some: readonly string[], others: readonly string[]): boolean {
  const [one, other] = [some, others].map((keys) =>
    keys.map((key) => (FernetKey.isValid(key) ? FernetKey.parse(key).fingerprint : '')).join(),
  );
  return one === other;
}

function keysOf(env: CommandEnvironment['env']): readonly string[] {
  const first = (env[FIRST_KEY] ?? '').trim();
  const previous = (env[PREVIOUS_KEYS] ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean);
  if (first === '' && previous.length > 0) {
    throw new UsageError(`${PREVIOUS_KEYS} is set but ${FIRST_KEY}, the key that encrypts, is not`);
  }
  const { length } = first;
  if (length > 0 && !FernetKey.isValid(first)) {
    throw new UsageError(`${FIRST_KEY} is a text of ${length} characters that is no key, accepted is ${KEY_FORM}`);
  }
  const position = previous.findIndex((key) => !FernetKey.isValid(key));
  if (position >= 0) {
    throw new UsageError(
      `Key ${position + 1} of the ${previous.length} in ${PREVIOUS_KEYS} is no key, accepted is ${KEY_FORM}, separated by commas`,
    );
  }
  return first === '' ? [] : [first, ...previous];
}
