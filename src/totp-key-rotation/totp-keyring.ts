import { decryptSigned, encryptAll } from './fernet/fernet-batch.js';
import type { FernetKey } from './fernet/fernet-key.js';
import { FERNET, fernetReadings, isSignedBy } from './fernet/fernet-token.js';

/** RFC 4648; 16 characters are 80 bits, the fewest that authenticators use. */
const BASE32 = /^[A-Za-z2-7]{16,}={0,6}$/;
/** The begin of every Fernet token until the year 2106: a truncated one must not pass for base32. */
const TOKEN_START = 'gAAAAA';

/** True for what looks like a TOTP secret that was never encrypted: base32 text of 16 characters or more. */
function isPlaintextSecret(stored: string): boolean {
  return BASE32.test(stored) && !stored.startsWith(TOKEN_START) && fernetReadings(stored).length === 0;
}

/**
 * The kind of a stored secret: under the first key, under another one, never encrypted, or nothing that any of the keys opens.
 * `reencrypted` is the same secret under the first key, with the token's own time kept.
 */
export type TotpClassification =
  | { readonly kind: 'current' | 'undecryptable' }
  | { readonly kind: 'plaintext' }
  | { readonly kind: 'previous'; readonly reencrypted: string };

interface SignedToken {
  readonly index: number;
  readonly bytes: Buffer;
}

/** The keys in their order: the first one encrypts, all decrypt. */
export class TotpKeyring {
  private readonly first: FernetKey;
  /** Neighbouring rows are mostly under the same key, so the one that opened the last token is tried first. */
  private likely = 0;

  /** @param keys at least one */
  public constructor(private readonly keys: readonly FernetKey[]) {
    const [first] = keys;
    if (first === undefined) {
      throw new RangeError('a keyring needs a key');
    }
    this.first = first;
  }

  /** Tells the first key apart from others, without giving anything of it away. */
  public get fingerprint(): string {
    return this.first.fingerprint;
  }

  /** Classifies stored secrets, in their order, and re-encrypts those that another key than the first one opens. */
  public classify(stored: readonly string[]): readonly TotpClassification[] {
    const classifications = stored.map((text): TotpClassification => ({
      kind: isPlaintextSecret(text) ? 'plaintext' : 'undecryptable',
    }));
    this.signedByEach(stored).forEach((signed, position) => {
      const opened = this.open(position, signed);
      const drafts = opened.map(({ bytes, plaintext }) => ({
        plaintext,
        time: bytes.subarray(FERNET.timeAt, FERNET.ivAt),
      }));
      const reencrypted = position === 0 ? [] : encryptAll(this.first, drafts);
      opened.forEach(({ index }, order) => {
        const token = reencrypted[order];
        classifications[index] = token === undefined ? { kind: 'current' } : { kind: 'previous', reencrypted: token };
      });
    });
    return classifications;
  }

  /** Whose signature a stored secret bears, if it is not plain: which key opens it is known by that, without opening it. */
  public signerOf(stored: string): 'first' | 'another' | 'none' | 'plaintext' {
    const signature = this.signatureOn(stored);
    if (signature === undefined) {
      return isPlaintextSecret(stored) ? 'plaintext' : 'none';
    }
    return signature.position === 0 ? 'first' : 'another';
  }

  /** Encrypts secrets that never were, under the first key and the present time. */
  public encrypt(secrets: readonly string[]): readonly string[] {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)));
    return encryptAll(
      this.first,
      secrets.map((secret) => ({ plaintext: Buffer.from(secret), time })),
    );
  }

  /** The tokens that each key signed, by the position of the key. */
  private signedByEach(stored: readonly string[]): readonly SignedToken[][] {
    const signed: SignedToken[][] = this.keys.map(() => []);
    stored.forEach((text, index) => {
      const signature = this.signatureOn(text);
      if (signature !== undefined) {
        signed[signature.position]?.push({ index, bytes: signature.bytes });
      }
    });
    return signed;
  }

  private signatureOn(stored: string): { readonly position: number; readonly bytes: Buffer } | undefined {
    for (const bytes of fernetReadings(stored)) {
      const position = this.positionOfSigner(bytes);
      if (position !== undefined) {
        return { position, bytes };
      }
    }
    return undefined;
  }

  private positionOfSigner(bytes: Buffer): number | undefined {
    const { keys, likely } = this;
    for (let tried = 0; tried < keys.length; tried += 1) {
      const position = (likely + tried) % keys.length;
      const key = keys[position];
      if (key !== undefined && isSignedBy(key, bytes)) {
        this.likely = position;
        return position;
      }
    }
    return undefined;
  }

  /** Without those whose padding is wrong, which were not made by the specification. */
  private open(
    position: number,
    signed: readonly SignedToken[],
  ): readonly (SignedToken & { readonly plaintext: Buffer })[] {
    const key = this.keys[position] ?? this.first;
    const plaintexts = decryptSigned(
      key,
      signed.map(({ bytes }) => bytes),
    );
    return signed.flatMap(({ index, bytes }, order) => {
      const plaintext = plaintexts[order];
      return plaintext === undefined ? [] : [{ index, bytes, plaintext }];
    });
  }
}
