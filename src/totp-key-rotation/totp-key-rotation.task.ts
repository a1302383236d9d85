import type { Command } from 'commander';
import { countIn, defineTask } from '../contract/maintenance-task.js';
import { countOf, formatCount } from '../text/format.js';
import { helpSection } from '../text/text-table.js';
import { givenKeys } from './given-keys.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import type { TotpKeyRotationRequest } from './totp-key-rotation-request.js';
import { TOTP_ATTRIBUTES, TOTP_METRICS } from './totp-key-rotation.metrics.js';
import { withTotpKeys } from './totp-keys-of-environment.js';
import { isWithoutSecrets, NO_SECRETS, totpRotationComplaint, totpRotationText } from './totp-rotation-text.js';
import { DEFAULT_TOTP_SETTINGS, totpSection, type TotpSettings } from './totp-settings.js';

/** The TOTP key rotation. Scheduled once the `totp` option gives keys. */
export const TOTP_KEY_ROTATION_TASK = defineTask<
  'totp-key-rotation',
  'rotate-totp-key',
  TotpKeyRotationRequest,
  TotpKeyRotationReport
>({
  name: 'totp-key-rotation',
  commandName: 'rotate-totp-key',
  scheduleOption: 'totpKeyRotation',
  defaultExpression: '0 5 1 * *',
  catchesUp: true,
  settings: totpSection,
  needs: {
    words: 'totp.keys',
    isMet: (given: TotpSettings | undefined) => givenKeys(given?.keys).length > 0,
  },
  // A health endpoint would stay down for one damaged row.
  completeDespite: ['TOTP_UNDECRYPTABLE'],
  nothingDone: ({ mode = DEFAULT_TOTP_SETTINGS.mode }) => ({
    mode,
    total: 0,
    rotated: 0,
    alreadyCurrent: 0,
    encryptedPlaintext: 0,
    leftPlaintext: 0,
    undecryptable: 0,
    undecryptableUserIds: [],
    heldUsers: 0,
    safeToRetirePreviousKeys: false,
    keyInUseSince: null,
    keyAgeDays: null,
    lastRotationAt: null,
  }),
  logSummary: (report) => {
    const { mode, total, rotated, encryptedPlaintext, undecryptable, heldUsers, safeToRetirePreviousKeys } = report;
    const safety = safeToRetirePreviousKeys ? 'no secret needs a previous key' : 'previous keys are to be kept';
    return {
      text: isWithoutSecrets(report) ? NO_SECRETS : `${workOf(report)}; ${safety}`,
      fields: { mode, total, rotated, encryptedPlaintext, undecryptable, heldUsers, safeToRetirePreviousKeys },
    };
  },
  summarize: ({ rotated, encryptedPlaintext, undecryptable }) =>
    [
      `rotated ${countOf(rotated, 'secret')}`,
      ...(encryptedPlaintext === 0 ? [] : [`encrypted ${formatCount(encryptedPlaintext)} in plain text`]),
      ...(undecryptable === 0 ? [] : [`${formatCount(undecryptable)} no key opens`]),
    ].join(', '),
  concerns: (fields) =>
    countIn(fields, 'undecryptable') > 0
      ? [`its last run met ${countIn(fields, 'undecryptable')} secrets that no key opens`]
      : [],
  measure: ({ status, rotated, encryptedPlaintext, undecryptable }, record) => {
    record(TOTP_METRICS.rotatedSecrets, rotated, { [TOTP_ATTRIBUTES.secretBefore]: 'encrypted' });
    record(TOTP_METRICS.rotatedSecrets, encryptedPlaintext, { [TOTP_ATTRIBUTES.secretBefore]: 'plaintext' });
    // A run that ended early has not seen them all.
    if (status === 'succeeded' || status === 'partial') {
      record(TOTP_METRICS.undecryptableSecrets, undecryptable);
    }
  },
  command: {
    summary: 'bring every TOTP secret under the first key',
    examples: ['--dry-run', '--atomic'],
    declare,
    request: requestOf,
    text: totpRotationText,
    complaint: totpRotationComplaint,
    configure: withTotpKeys,
  },
});

function workOf(report: TotpKeyRotationReport): string {
  const { dryRun, total, rotated, encryptedPlaintext } = report;
  const written = rotated + encryptedPlaintext;
  if (written === 0) {
    return `nothing was due among ${countOf(total, 'secret')}, ${keyAgeOf(report)}`;
  }
  const plaintext = encryptedPlaintext === 0 ? '' : `, ${encryptedPlaintext} of them plain before`;
  return `${dryRun ? 'would bring' : 'brought'} ${written} of ${countOf(total, 'secret')} under the first key${plaintext}`;
}

function keyAgeOf({ keyAgeDays, lastRotationAt }: TotpKeyRotationReport): string {
  if (keyAgeDays === null) {
    return 'none is known to be under the first key';
  }
  const rotation =
    lastRotationAt === null ? 'no rotation is on record' : `last rotation ${lastRotationAt.slice(0, 10)}`;
  return `the first key has been in use for ${countOf(keyAgeDays, 'day')} (${rotation})`;
}

const KEY_VARIABLES = [
  ['TENXYTE_TOTP_ENCRYPTION_KEY', 'the new key, which encrypts'],
  ['TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS', 'older ones, separated by commas, which only decrypt'],
] as const;

function declare(command: Command): void {
  command
    .option('--dry-run', 'try every secret with the keys, and write none')
    .option('--atomic', 'write all secrets in one transaction, for hosts that can read only one key at a time')
    .option('--encrypt-plaintext', 'also encrypt secrets that are plain base32')
    .option(
      '--force',
      'go back to a key that another one had replaced, which would be refused, and run although the task is paused',
    )
    .addHelpText('after', ({ command: asked }) =>
      helpSection(
        'The keys, as tenxyte-maintenance generate-totp-key prints them',
        KEY_VARIABLES,
        asked.configureOutput().getOutHelpWidth?.(),
      ),
    );
}

/** A flag that is not given leaves the matter to the config file. */
function requestOf(command: Command): TotpKeyRotationRequest {
  const flags = command.opts<Readonly<Partial<Record<'dryRun' | 'atomic' | 'encryptPlaintext' | 'force', boolean>>>>();
  return {
    dryRun: flags.dryRun === true,
    ...(flags.atomic === true ? { mode: 'atomic' } : {}),
    ...(flags.encryptPlaintext === true ? { encryptPlaintext: true } : {}),
    ...(flags.force === true ? { force: true } : {}),
  };
}
