import { TOTP_KEY_ROTATION_TASK } from '../contract/maintenance-task.js';
import type { RunFigures, TaskWording } from '../telemetry/run-log.js';
import { countOf } from '../text/format.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

/** `brought 12 of 40 secrets under the first key; no secret needs a previous key`, or that nothing was due and how old the key is. */
export const TOTP_ROTATION_WORDING: TaskWording<TotpKeyRotationReport> = {
  task: TOTP_KEY_ROTATION_TASK.name,
  figures,
};

function figures(report: TotpKeyRotationReport): RunFigures {
  const { mode, total, rotated, encryptedPlaintext, undecryptable, heldUsers, safeToRetirePreviousKeys } = report;
  const safety = safeToRetirePreviousKeys ? 'no secret needs a previous key' : 'previous keys are still needed';
  return {
    text: `${workOf(report)}; ${safety}`,
    fields: { mode, total, rotated, encryptedPlaintext, undecryptable, heldUsers, safeToRetirePreviousKeys },
  };
}

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
