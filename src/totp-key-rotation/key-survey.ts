import { setImmediate as turn } from 'node:timers/promises';
import { type ClassificationOptions, classifySecrets } from './classified-secret.js';
import { advancing, type SecretStore } from './secrets/secret-store.js';
import { TotpRotationTally } from './totp-rotation-tally.js';

/** Secrets tried in one go, half a millisecond as a rule: the application's other work comes between. */
const SLICE = 200;

/** By whose signature a secret is one that a key of the list opens. */
const OPENED: readonly string[] = ['first', 'another'];

/**
 * Reads secrets until a key of the list opens one, as a rule the first. Answers the tally of all of them when some are encrypted and none
 * opens: these are the keys of another database, under which no plain secret of this one may come. Where all are plain there is nothing to
 * tell the keys by.
 */
export async function surveyKeys({
  store,
  classification,
  beforeBatch,
}: {
  readonly store: Pick<SecretStore, 'page'>;
  readonly classification: ClassificationOptions;
  /** Awaited between two pages; what it throws ends it. */
  readonly beforeBatch: () => Promise<void>;
}): Promise<TotpRotationTally | undefined> {
  const untouched = { ...classification, encryptPlaintext: false };
  const tally = new TotpRotationTally();
  let page = await store.page(undefined);
  while (page.lastUserId !== undefined) {
    await beforeBatch();
    for (let start = 0; start < page.secrets.length; start += SLICE) {
      const slice = page.secrets.slice(start, start + SLICE);
      if (slice.some(({ secret }) => OPENED.includes(classification.keyring.signerOf(secret)))) {
        return undefined;
      }
      tally.settle(await classifySecrets(slice, untouched));
      await turn();
    }
    page = advancing(await store.page(page.lastUserId), page.lastUserId);
  }
  return tally.undecryptable > 0 ? tally : undefined;
}
