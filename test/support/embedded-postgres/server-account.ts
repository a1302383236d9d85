import { lchownSync } from 'node:fs';

/** The ids a server runs under, in the shape `spawn` takes them. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` and `nogroup` nearly everywhere: ids that own nothing. */
const UNPRIVILEGED: ServerAccount = { uid: 65534, gid: 65534 };

/** The account to drop to, as PostgreSQL refuses to run as root; undefined for an ordinary user, who stays as is. */
export function serverAccount(): ServerAccount | undefined {
  return process.geteuid?.() === 0 ? UNPRIVILEGED : undefined;
}

/** Makes the account the owner of one file, link or directory; with no account the owner stays. */
export function giveTo(account: ServerAccount | undefined, path: string): void {
  if (account !== undefined) {
    lchownSync(path, account.uid, account.gid);
  }
}
