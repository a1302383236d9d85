import { setImmediate as turn } from 'node:timers/promises';
import type { SecretChange, StoredSecret } from './secrets/secret-statements.js';
import type { TotpKeyring } from './totp-keyring.js';

/** Secrets worked on at a time, half a millisecond: the application's other work, and the database's answers, come between. */
const SLICE = 50;

/** A stored secret that stays as it is, or one that is to be written: the same one under the first key. */
export type ClassifiedSecret =
  | (StoredSecret & { readonly kind: 'current' | 'undecryptable' | 'left-plaintext' })
  | (SecretChange & { readonly kind: 'previous' | 'plaintext' });

/** How secrets are classified. */
export interface ClassificationOptions {
  readonly keyring: TotpKeyring;
  readonly encryptPlaintext: boolean;
  /** Characters that a secret may have in the database; null when any number. */
  readonly maxSecretLength: number | null;
}

/** Classifies secrets, and makes ready what is to be written, slice by slice. */
export async function classifySecrets(
  secrets: readonly StoredSecret[],
  options: ClassificationOptions,
): Promise<readonly ClassifiedSecret[]> {
  const classified: ClassifiedSecret[] = [];
  for (let start = 0; start < secrets.length; start += SLICE) {
    classified.push(...classifySlice(secrets.slice(start, start + SLICE), options));
    await turn();
  }
  return classified;
}

/** Those of the classified secrets that are to be written. */
export function changesOf(classified: readonly ClassifiedSecret[]): readonly SecretChange[] {
  return classified.filter((secret) => 'reencrypted' in secret);
}

function classifySlice(secrets: readonly StoredSecret[], options: ClassificationOptions): readonly ClassifiedSecret[] {
  const classifications = options.keyring.classify(secrets.map(({ secret }) => secret));
  return secrets.map((stored, index) => {
    const classification = classifications[index] ?? { kind: 'undecryptable' };
    const { userId, secret } = stored;
    switch (classification.kind) {
      case 'previous':
        return { userId, secret, kind: classification.kind, reencrypted: classification.reencrypted };
      case 'plaintext':
        return classifyPlaintext(stored, options);
      default:
        return { userId, secret, kind: classification.kind };
    }
  });
}

/** A token that the column cannot hold would be cut off, or rejected with its whole batch. */
function classifyPlaintext(
  stored: StoredSecret,
  { keyring, encryptPlaintext, maxSecretLength }: ClassificationOptions,
): ClassifiedSecret {
  const [reencrypted = ''] = encryptPlaintext ? keyring.encrypt([stored.secret]) : [];
  const isFitting = maxSecretLength === null || reencrypted.length <= maxSecretLength;
  return reencrypted !== '' && isFitting
    ? { ...stored, kind: 'plaintext', reencrypted }
    : { ...stored, kind: 'left-plaintext' };
}
