import type { TransactionMode } from '../../database/short-transaction.js';
import { lookingMode } from '../../batches/batch-limits.js';
import { BY_PRIMARY_KEY } from './secret-statements.js';
import type { SecretStoreContext } from './secret-store.js';

/** How a transaction is opened that only reads secrets. */
export function readingMode(limits: SecretStoreContext['limits']): TransactionMode {
  const mode = lookingMode(limits);
  return { ...mode, settings: { ...mode.settings, ...BY_PRIMARY_KEY } };
}

/** How one transaction is opened in which everything is read as it was at one moment. */
export function snapshotMode(limits: SecretStoreContext['limits']): TransactionMode {
  return { ...readingMode(limits), isolation: 'repeatable read' };
}

/** How the one transaction is opened in which all secrets are written. */
export function atomicMode({ lockTimeoutMs, statementTimeoutMs }: SecretStoreContext['limits']): TransactionMode {
  return {
    isolation: 'read committed',
    access: 'read write',
    settings: { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs, ...BY_PRIMARY_KEY },
  };
}
