import { setImmediate as turn } from 'node:timers/promises';
import { advancing, type SecretStore } from './secrets/secret-store.js';
import type { StoredSecret } from './secrets/secret-statements.js';
import type { TotpKeyring } from './totp-keyring.js';
import { MAX_REPORTED_USERS } from './totp-rotation-tally.js';

/** Secrets looked at in one go, half a millisecond: the application's other work comes between. */
const SLICE = 200;

/** The counts of a verification. */
export interface VerificationCount {
  /** All secrets. */
  secrets: number;
  /** Secrets that need another key than the first. */
  underOthers: number;
  /** Secrets that are plain. */
  plain: number;
  /** Secrets that none of the keys opens. */
  unreadable: number;
  /** Whose they are, as many as a report lists. */
  readonly unreadableUserIds: string[];
}

/** The counts before anything is looked at. */
export function nothingVerified(): VerificationCount {
  return { secrets: 0, underOthers: 0, plain: 0, unreadable: 0, unreadableUserIds: [] };
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
  const count = nothingVerified();
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

function countSlice(count: VerificationCount, keyring: TotpKeyring, secrets: readonly StoredSecret[]): void {
  for (const { userId, secret } of secrets) {
    const signer = keyring.signerOf(secret);
    count.secrets += 1;
    count.underOthers += signer === 'another' ? 1 : 0;
    count.plain += signer === 'plaintext' ? 1 : 0;
    count.unreadable += signer === 'none' ? 1 : 0;
    if (signer === 'none' && count.unreadableUserIds.length < MAX_REPORTED_USERS) {
      count.unreadableUserIds.push(userId);
    }
  }
}
