import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';
import type { PgBouncer } from './pgbouncer.js';
import { startPgBouncer } from './pgbouncer.js';
import { sessionRemains } from './session-remains.js';

const USERS = 3_000;
const SERVER_CONNECTIONS = 2;
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];

describe('a rotation of TOTP keys through a transaction-pooling PgBouncer', () => {
  const database = useTestDatabase();
  let pool: PgBouncer;
  let app: MaintenanceApp;

  beforeAll(async () => {
    pool = await startPgBouncer(database.url, SERVER_CONNECTIONS);
    app = await maintenanceApp(pool.url, { options: { totp: { keys: [NEW, OLD] } } });
  });
  afterAll(async () => {
    await app.close();
    await pool.stop();
  });

  it.each(['rolling', 'atomic'] as const)(
    'rotates and reads back, and leaves nothing on the sessions (%s)',
    async (mode) => {
      const users = Array.from({ length: USERS }, (_, index) => ({
        id: String(index + 1),
        kind: 'old' as const,
        stored: tokenOf(OLD, secretOf(index + 1)),
      }));
      await insertUsers(database, users);
      const report = await app.maintenance.rotateTotpKeys({ mode });
      expect(report).toMatchObject({ status: 'succeeded', rotated: USERS, safeToRetirePreviousKeys: true });
      const stored = await storedSecrets(database);
      expect([...stored].filter(([id, token]) => opened(NEW, token ?? '')?.secret !== secretOf(Number(id)))).toEqual(
        [],
      );
      expect(await sessionRemains(database, pool.url, SERVER_CONNECTIONS)).toEqual([]);
    },
  );
});
