import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

type Figures = Pick<
  TotpKeyRotationReport,
  'dryRun' | 'total' | 'rotated' | 'encryptedPlaintext' | 'alreadyCurrent' | 'keyAgeDays' | 'lastRotationAt'
>;

/** What a rotation did, in a few words: `brought 12 of 40 secrets under the first key`, or that nothing was due and how old the key is. */
export function rotationWords(report: Figures): string {
  const { dryRun, total, rotated, encryptedPlaintext } = report;
  const written = rotated + encryptedPlaintext;
  if (written === 0 && !dryRun) {
    return `nothing was due among ${total} secrets, ${keyAgeWords(report)}`;
  }
  const plaintext = encryptedPlaintext === 0 ? '' : `, ${encryptedPlaintext} of them plain before`;
  return `${dryRun ? 'would bring' : 'brought'} ${written} of ${total} secrets under the first key${plaintext}`;
}

function keyAgeWords({ keyAgeDays, lastRotationAt }: Figures): string {
  if (keyAgeDays === null) {
    return 'none is under the first key';
  }
  const rotation =
    lastRotationAt === null ? 'no rotation is on record' : `last rotation ${lastRotationAt.slice(0, 10)}`;
  return `the first key has been in use for ${keyAgeDays} days (${rotation})`;
}
