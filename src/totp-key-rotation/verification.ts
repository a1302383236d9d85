import { setImmediate as turn } from 'node:timers/promises';
import { advancing, type SecretStore } from './secrets/secret-store.js';
import type { TotpKeyring } from './totp-keyring.js';

/** Secrets looked at in one go, half a millisecond: the application's other work comes between. */
const SLICE = 200;

/** The counts of a verification. */
export interface VerificationCount {
  /** All secrets. */
  secrets: number;
  /** Secrets that need another key than the first. */
  underOthers: number;
  /** Secrets that no key signed and that are not plain either. */
  unsigned: number;
  /** Secrets that were never encrypted. */
  plaintext: number;
}

/** Reads all secrets and counts by whose signature they stand. While one page is looked at, the next is read. */
export async function verifySecrets({
  store,
  keyring,
  beforeBatch,
  onPage,
}: {
  readonly store: Pick<SecretStore, 'page'>;
  readonly keyring: TotpKeyring;
  /** Awaited between two pages; what it throws ends it. */
  readonly beforeBatch: () => Promise<void>;
  /** Told after each page. */
  readonly onPage: (count: Readonly<VerificationCount>) => void;
}): Promise<VerificationCount> {
  const count: VerificationCount = { secrets: 0, underOthers: 0, unsigned: 0, plaintext: 0 };
  let page = await store.page(undefined);
  while (page.lastUserId !== undefined) {
    await beforeBatch();
    const reading = store.page(page.lastUserId);
    // Whatever comes of it is met below, once the page at hand is done with.
    reading.catch(() => undefined);
    for (let start = 0; start < page.secrets.length; start += SLICE) {
      countSlice(count, keyring, page.secrets.slice(start, start + SLICE));
      await turn();
    }
    onPage(count);
    page = advancing(await reading, page.lastUserId);
  }
  return count;
}

function countSlice(
  count: VerificationCount,
  keyring: TotpKeyring,
  secrets: readonly { readonly secret: string }[],
): void {
  for (const { secret } of secrets) {
    const signer = keyring.signerOf(secret);
    count.secrets += 1;
    count.unsigned += signer === 'none' ? 1 : 0;
    count.plaintext += signer === 'plaintext' ? 1 : 0;
    count.underOthers += signer === 'another' ? 1 : 0;
  }
}
