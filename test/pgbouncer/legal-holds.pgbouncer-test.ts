import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LegalHoldService } from '../../src/index.js';
import { placeBesideCleanup, seedUsers } from '../support/holds-beside-cleanup.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { type PgBouncer, startPgBouncer } from './pgbouncer.js';

const USERS = 40;

describe('legal holds through a transaction-pooling PgBouncer', () => {
  const database = useTestDatabase();
  let pool: PgBouncer;
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    await seedUsers(database, USERS);
    await (await maintenanceApp(database.url)).close();
    pool = await startPgBouncer(database.url, 4);
    app = await maintenanceApp(pool.url, { options: { cleanup: { targetBatchMs: 2 } } });
    await database.query(`
      insert into audit_logs (action, user_agent, details, created_at, user_id)
      select 'login', repeat('x', 100), '{}', '2001-01-01', 1 + n % ${USERS} from generate_series(0, 29999) as n`);
  });
  afterAll(async () => {
    await app.close();
    await pool.stop();
  });

  it('are in force once they are placed, beside a cleanup', async () => {
    const outcome = await placeBesideCleanup({
      database,
      app,
      holds: app.moduleRef.get(LegalHoldService),
      users: USERS,
    });
    expect(outcome).toMatchObject({ lost: [], status: 'succeeded' });
    expect(outcome.heldRows).toBeGreaterThan(0);
    const [left] = await database.query<{ locks: string }>(
      `select count(*) as locks from pg_locks where locktype = 'advisory'`,
    );
    expect(left?.locks).toBe('0');
  });
});
