import { afterAll, beforeAll } from '@jest/globals';
import { DataSource } from 'typeorm';
import { TenxyteUser } from '../../src/tenxyte/entities/user.entity.js';
import { TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { TotpKeyring } from '../../src/totp-key-rotation/totp-keyring.js';
import type { TotpRotationPlan, TotpRotationResult } from '../../src/totp-key-rotation/totp-rotation-plan.js';
import { rotateTotpSecrets } from '../../src/totp-key-rotation/totp-rotation-run.js';
import { DatabaseClock } from '../../src/database/database-clock.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { mappedTable } from '../../src/tenxyte/entity-table.js';
import type { LeakWatch } from './leak-watch.js';
import type { TestDatabase } from './test-database.js';

/** The rotation on a test database. */
export interface TotpRotations {
  /** Rotates once to the first of the keys; rolling, unless the plan says otherwise. */
  rotate(keys: readonly string[], plan?: Partial<TotpRotationPlan>): Promise<TotpRotationResult>;
  /** The same on a connection of another role. */
  rotateAs(url: string, keys: readonly string[], plan?: Partial<TotpRotationPlan>): Promise<TotpRotationResult>;
}

/** The limits of a batch by default. */
export const LIMITS = { lockTimeoutMs: 2_000, statementTimeoutMs: 15_000, targetBatchMs: 50 } as const;

/** Sets the rotation up before the file's tests, on a data source that would log every statement. */
export function useTotpRotations(database: TestDatabase, leaks: LeakWatch): TotpRotations {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await connectTo(database.url, leaks);
  });
  afterAll(() => dataSource.destroy());
  return {
    rotate: (keys, plan) => rotateOn(dataSource, leaks, { ...planOf(keys), ...plan }),
    rotateAs: async (url, keys, plan) => {
      const other = await connectTo(url, leaks);
      try {
        return await rotateOn(other, leaks, { ...planOf(keys), ...plan });
      } finally {
        await other.destroy();
      }
    },
  };
}

function planOf(keys: readonly string[]): TotpRotationPlan {
  return {
    keyring: new TotpKeyring(keys.map((key) => FernetKey.parse(key))),
    mode: 'rolling',
    isDryRun: false,
    encryptPlaintext: false,
    limits: LIMITS,
    assertOwner: async () => undefined,
    beforeBatch: async () => undefined,
    settle: async () => undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
}

async function rotateOn(dataSource: DataSource, leaks: LeakWatch, plan: TotpRotationPlan): Promise<TotpRotationResult> {
  try {
    const table = mappedTable(dataSource, TENXYTE_ENTITIES, 'User');
    return leaks.see(
      await withQueryRunner(dataSource, async (queryRunner) => {
        await new DatabaseClock().now(queryRunner);
        return rotateTotpSecrets({ queryRunner, table, plan });
      }),
    );
  } catch (error) {
    throw leaks.see(error);
  }
}

function connectTo(url: string, leaks: LeakWatch): Promise<DataSource> {
  const log = (...said: unknown[]): void => {
    leaks.see(said.slice(0, -1));
  };
  const logger = {
    logQuery: log,
    logQueryError: log,
    logQuerySlow: log,
    logSchemaBuild: log,
    logMigration: log,
    log,
  };
  return new DataSource({ type: 'postgres', url, entities: [TenxyteUser], logging: 'all', logger }).initialize();
}
