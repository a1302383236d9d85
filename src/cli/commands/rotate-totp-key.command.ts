import type { Command } from 'commander';
import { helpSection } from '../../text/text-table.js';
import type { TotpKeyRotationReport } from '../../totp-key-rotation/totp-key-rotation-report.js';
import type { TotpKeyRotationRequest } from '../../totp-key-rotation/totp-key-rotation-request.js';
import { totpRotationComplaint, totpRotationText } from '../../totp-key-rotation/totp-rotation-text.js';
import { exitCodeOfStatus } from '../exit-codes.js';
import type { CommandOutcome, CommandSession, MaintenanceCommand } from '../maintenance-command.js';
import { withTotpKeys } from '../session/totp-keys-of-environment.js';
import { stopOnSignals } from './stop-signals.js';

/** `tenxyte-maintenance rotate-totp-key` */
export const rotateTotpKeyCommand: MaintenanceCommand = {
  name: 'rotate-totp-key',
  task: 'totp-key-rotation',
  summary: 'bring every TOTP secret under the first key',
  declare,
  configure: withTotpKeys,
  plan: (command) => {
    const request = requestOf(command.opts<RotationFlags>());
    return (session) => rotate(session, request);
  },
};

interface RotationFlags {
  readonly dryRun?: boolean;
  readonly atomic?: boolean;
  readonly encryptPlaintext?: boolean;
}

function declare(command: Command): void {
  command
    .option('--dry-run', 'try every secret with the keys, and write none')
    .option('--atomic', 'write all secrets in one transaction, for hosts that can read only one key at a time')
    .option('--encrypt-plaintext', 'also encrypt secrets that are plain base32')
    .addHelpText(
      'after',
      helpSection('The keys, as tenxyte-maintenance generate-totp-key prints them', [
        ['TENXYTE_TOTP_ENCRYPTION_KEY', 'the new key, which encrypts'],
        ['TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS', 'older ones, separated by commas, which only decrypt'],
      ]),
    );
}

/** A flag that is not given leaves the matter to the config file. */
function requestOf({ dryRun, atomic, encryptPlaintext }: RotationFlags): TotpKeyRotationRequest {
  return {
    dryRun: dryRun === true,
    ...(atomic === true ? { mode: 'atomic' } : {}),
    ...(encryptPlaintext === true ? { encryptPlaintext } : {}),
  };
}

async function rotate(
  { maintenance, output }: CommandSession,
  request: TotpKeyRotationRequest,
): Promise<CommandOutcome> {
  const stop = stopOnSignals((name) => {
    output.note(`${name}: stopping after the batch in flight; once more ends it at once`);
  });
  try {
    return outcomeOf(await maintenance.rotateTotpKeys({ ...request, signal: stop.signal }));
  } finally {
    stop.dispose();
  }
}

function outcomeOf(report: TotpKeyRotationReport): CommandOutcome {
  const complaint = totpRotationComplaint(report);
  return {
    report,
    text: (paint) => totpRotationText(report, paint),
    exitCode: exitCodeOfStatus(report.status),
    ...(complaint === undefined ? {} : { complaint }),
  };
}
