import { setImmediate as turn } from 'node:timers/promises';
import type { SecretChange, StoredSecret } from './secrets/secret-statements.js';
import type { TotpKeyring } from './totp-keyring.js';

/** So many secrets are worked on at a time, half a millisecond: the application's other work, and the database's answers, come between. */
const SLICE = 50;

/** A secret that stays as it is. */
interface LeftSecret extends StoredSecret {
  readonly kind: 'current' | 'undecryptable' | 'left-plaintext';
}

/** A secret that is to be written: the same one under the first key. */
interface ChangedSecret extends SecretChange {
  readonly kind: 'previous' | 'plaintext';
}

/** What a stored secret is, and what is to stand in its place. */
export type JudgedSecret = LeftSecret | ChangedSecret;

/** How secrets are judged. */
export interface Judging {
  readonly keyring: TotpKeyring;
  readonly encryptPlaintext: boolean;
  /** Characters that a secret may have in the database; null when any number. */
  readonly maxSecretLength: number | null;
}

/** Judges secrets, and makes ready what is to be written, slice by slice. */
export async function judgeSecrets(
  secrets: readonly StoredSecret[],
  judging: Judging,
): Promise<readonly JudgedSecret[]> {
  const judged: JudgedSecret[] = [];
  for (let start = 0; start < secrets.length; start += SLICE) {
    judged.push(...judgeSlice(secrets.slice(start, start + SLICE), judging));
    await turn();
  }
  return judged;
}

/** Those of the judged secrets that are to be written. */
export function changesOf(judged: readonly JudgedSecret[]): readonly SecretChange[] {
  return judged.filter((secret): secret is ChangedSecret => 'renewed' in secret);
}

function judgeSlice(secrets: readonly StoredSecret[], judging: Judging): readonly JudgedSecret[] {
  const judgements = judging.keyring.judge(secrets.map(({ secret }) => secret));
  return secrets.map((stored, index) => {
    const judgement = judgements[index] ?? { kind: 'undecryptable' };
    const { userId, secret } = stored;
    switch (judgement.kind) {
      case 'previous':
        return { userId, secret, kind: judgement.kind, renewed: judgement.renewed };
      case 'plaintext':
        return judgePlaintext(stored, judging);
      default:
        return { userId, secret, kind: judgement.kind };
    }
  });
}

/** A token that the column cannot hold would be cut off, or refused with its whole batch. */
function judgePlaintext(stored: StoredSecret, { keyring, encryptPlaintext, maxSecretLength }: Judging): JudgedSecret {
  const [renewed = ''] = encryptPlaintext ? keyring.encrypt([stored.secret]) : [];
  const isFitting = maxSecretLength === null || renewed.length <= maxSecretLength;
  return renewed !== '' && isFitting
    ? { ...stored, kind: 'plaintext', renewed }
    : { ...stored, kind: 'left-plaintext' };
}
