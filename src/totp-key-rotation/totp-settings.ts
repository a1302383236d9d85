import type { ExpectedRuns } from '../tasks/schedule/schedule-settings.js';
import * as v from 'valibot';
import { withoutPrototype } from '../validation/own-properties.js';
import { type SettingsSection, withoutUndefined } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import { FERNET_KEY_FORM, FernetKey } from './fernet/fernet-key.js';
import { FIRST_KEY_FORM, isFirstKeyMissing, isKeyGiven, parseKeys } from './given-keys.js';

/** How a rotation changes the rows: batch by batch, or all of them in one transaction. */
export type TotpRotationMode = 'rolling' | 'atomic';

export const totpRotationModeSchema = v.picklist(['rolling', 'atomic'], '"rolling" or "atomic"');

/** The keys of the TOTP secrets, and how secrets are brought under the first one. */
export interface TotpSettings {
  /**
   * Fernet keys, each 44 characters of base64. The first one encrypts, all decrypt: a new key is put before the old one. An undefined or
   * blank entry, of an environment variable that is not set, is passed over; at the first place it is refused when a key follows, which
   * would encrypt in its stead. @default []
   */
  readonly keys?: readonly (string | undefined)[];
  /**
   * `rolling` commits batch by batch, for hosts that read with all keys; `atomic` is one transaction, for hosts that can read only one key
   * at a time. @default 'rolling'
   */
  readonly mode?: TotpRotationMode;
  /** Also encrypts secrets that are plain base32, as Tenxyte stores them when it has no key. @default false */
  readonly encryptPlaintext?: boolean;
  /** Days after which a run warns that the first key should be replaced; 0 to 36,500. 0 = never. @default 365 */
  readonly maxKeyAgeDays?: number;
}

/** The settings with every default filled in. */
export type CompleteTotpSettings = Readonly<Required<Omit<TotpSettings, 'keys'>>> & {
  readonly keys: readonly FernetKey[];
};

/** The defaults of {@link TotpSettings}, the one place they stand. */
export const DEFAULT_TOTP_SETTINGS: CompleteTotpSettings = {
  keys: [],
  mode: 'rolling',
  encryptPlaintext: false,
  maxKeyAgeDays: 365,
};

const accepted = `a list of Fernet keys, each ${FERNET_KEY_FORM.replace('a Fernet key: ', '')}`;

/** An invalid key is named by its place, never shown: it may be a good key with a slip in it. */
const keysSchema = v.pipe(
  v.unknown(),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!Array.isArray(dataset.value)) {
      addIssue({ received: describeSecret(dataset.value), message: accepted });
    }
  }),
  v.lazy((keys) => (Array.isArray(keys) ? v.tuple(keySchemas(keys)) : v.unknown())),
);

/** For each place of the list one. Keys are the same when their bytes are, however they are spelled. */
function keySchemas(keys: readonly unknown[]): v.GenericSchema[] {
  const fingerprints = Array.from(keys, (key) =>
    FernetKey.isValid(key) ? FernetKey.parse(key).fingerprint : undefined,
  );
  return fingerprints.map((fingerprint, index) =>
    v.pipe(
      v.unknown(),
      v.rawCheck(({ dataset: { value }, addIssue }) => {
        if (fingerprint !== undefined && fingerprints.indexOf(fingerprint) !== fingerprints.lastIndexOf(fingerprint)) {
          addIssue({ received: 'a key that is listed twice', message: 'each key once' });
        } else if (fingerprint === undefined && isKeyGiven(value)) {
          addIssue({ received: describeSecret(value), message: FERNET_KEY_FORM });
        } else if (index === 0 && !isKeyGiven(value)) {
          const message = isFirstKeyMissing(keys) ? FIRST_KEY_FORM : `${FERNET_KEY_FORM}, or an empty list`;
          addIssue({ received: describeSecret(value), message });
        }
      }),
    ),
  );
}

function describeSecret(value: unknown): string {
  if (!isKeyGiven(value)) {
    return value === undefined ? 'undefined' : 'a blank text';
  }
  return typeof value === 'string' ? `a text of ${value.length} characters` : `a value of type ${typeof value}`;
}

const totpSettingsSchema = strictObject(
  {
    keys: v.optional(keysSchema),
    mode: v.optional(totpRotationModeSchema),
    encryptPlaintext: v.optional(v.boolean('true or false')),
    maxKeyAgeDays: v.optional(wholeNumber({ max: 36_500, unit: 'days', zero: 'never' })),
  },
  'an object of TOTP settings',
);

/** The section of the options that the TOTP key rotation owns. */
export interface TotpOptions {
  /** The keys of the TOTP secrets, and how they are rotated. @default no keys: no rotation */
  readonly totp?: TotpSettings;
}

/** When the rotation runs by itself. */
export interface TotpSchedule {
  /**
   * When the TOTP secrets are brought under the first key: a cron expression, `{ by: 'engine' | 'outside' }` with what to expect of others, or
   * false for manual runs alone. A schedule needs `totp.keys`. @default '0 5 1 * *' with `totp.keys`, false without
   */
  readonly totpKeyRotation?: string | false | ExpectedRuns;
}

/** DI token of the {@link CompleteTotpSettings}. */
export const TOTP_SETTINGS = Symbol('TENXYTE_MAINTENANCE_TOTP_SETTINGS');

/** The section of the options; its keys are read. */
export const totpSection: SettingsSection<'totp', TotpSettings, CompleteTotpSettings> = {
  name: 'totp',
  token: TOTP_SETTINGS,
  schema: totpSettingsSchema,
  policy: ['mode', 'encryptPlaintext'],
  complete: (given = {}) => {
    const { keys = [], ...others } = withoutPrototype(given);
    return withoutPrototype({
      ...DEFAULT_TOTP_SETTINGS,
      ...withoutUndefined(others),
      keys: parseKeys(keys),
    });
  },
};
