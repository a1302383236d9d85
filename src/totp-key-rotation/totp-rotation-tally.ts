import type { ClassifiedSecret } from './classified-secret.js';

/** Lists of a report are cut at this many entries; its counts are whole. */
export const MAX_REPORTED_USERS = 100;

/** Counts the secrets, each once, when it is settled. */
export class TotpRotationTally {
  public rotated = 0;
  public alreadyCurrent = 0;
  public encryptedPlaintext = 0;
  public leftPlaintext = 0;
  public undecryptable = 0;
  public heldUsers = 0;
  /** Those of them that nobody held: a trigger or rule kept them as they were. */
  public keptUsers = 0;
  public readonly undecryptableUserIds: string[] = [];

  /** Every secret seen. */
  public get total(): number {
    const { rotated, alreadyCurrent, encryptedPlaintext, leftPlaintext, undecryptable, heldUsers } = this;
    return rotated + alreadyCurrent + encryptedPlaintext + leftPlaintext + undecryptable + heldUsers;
  }

  /** Takes in secrets that are settled: nothing is to be done to them, or it is done. */
  public settle(secrets: readonly ClassifiedSecret[]): void {
    for (const { kind, userId } of secrets) {
      switch (kind) {
        case 'previous':
          this.rotated += 1;
          break;
        case 'plaintext':
          this.encryptedPlaintext += 1;
          break;
        case 'current':
          this.alreadyCurrent += 1;
          break;
        case 'left-plaintext':
          this.leftPlaintext += 1;
          break;
        case 'undecryptable':
          this.addUndecryptable(userId);
      }
    }
  }

  private addUndecryptable(userId: string): void {
    this.undecryptable += 1;
    if (this.undecryptableUserIds.length < MAX_REPORTED_USERS) {
      this.undecryptableUserIds.push(userId);
    }
  }
}
