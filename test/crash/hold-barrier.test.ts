import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LegalHoldService } from '../../src/index.js';
import { placeBesideCleanup, seedUsers } from '../support/holds-beside-cleanup.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { countOf } from './random-choices.js';

const USERS = 100;
const ROWS = 60_000;
const HOLDS = countOf({ sample: 60, full: 1_000 });
const TIMEOUT_MS = 1_800_000;
/** One is enough as a rule: most holds lose rows then. */
const ROUNDS_WITHOUT = 10;

describe('holds that are placed at any moment beside a cleanup over two connections', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let holds: LegalHoldService;
  const placementMs: number[] = [];
  let [heldRows, deletedRows] = [0, 0];

  beforeAll(async () => {
    await insertReferences(database);
    await seedUsers(database, USERS);
    app = await maintenanceApp(database.url, {
      options: { holds: { coolDownDays: 0 }, cleanup: { targetBatchMs: 5 } },
    });
    holds = app.moduleRef.get(LegalHoldService);
  });
  afterAll(async () => {
    await app.close();
    const sorted = placementMs.toSorted((one, other) => one - other);
    const at = (share: number): string =>
      `${Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN)} ms`;
    process.stdout.write(
      `${sorted.length} holds placed, in ${at(0.5)} (median), ${at(0.99)} (p99), ${at(1)} at most; ` +
        `${deletedRows} rows deleted, ${heldRows} held\n`,
    );
  });

  const fill = async (): Promise<void> => {
    await database.query('truncate audit_logs');
    await database.query(`
      insert into audit_logs (action, user_agent, details, created_at, user_id)
      select 'login', repeat('x', 200), '{}', '2001-01-01', 1 + n % ${USERS} from generate_series(1, ${ROWS}) as n`);
  };
  const releaseAll = async (): Promise<void> => {
    for (const { id } of await holds.list()) {
      await holds.release(id, { reason: 'the next round', releasedBy: 'clerk' });
    }
  };

  it(
    `lose no row once they are in force: ${HOLDS} holds`,
    async () => {
      for (let placed = 0; placed < HOLDS;) {
        await fill();
        const outcome = await placeBesideCleanup({ database, app, holds, users: USERS });
        expect(outcome).toMatchObject({ lost: [], status: 'succeeded' });
        expect(outcome.placed).toBeGreaterThan(0);
        placed += outcome.placed;
        placementMs.push(...outcome.placementMs);
        heldRows += outcome.heldRows;
        deletedRows += ROWS - outcome.heldRows;
        await releaseAll();
      }
    },
    TIMEOUT_MS,
  );

  it('lose rows without the barrier', async () => {
    const holdsTable = 'alter table tenxyte_maintenance.holds';
    await database.query(`${holdsTable} disable trigger hold_barrier`);
    const lost: number[] = [];
    for (let round = 0; round < ROUNDS_WITHOUT && lost.length === 0; round += 1) {
      await fill();
      lost.push(...(await placeBesideCleanup({ database, app, holds, users: USERS })).lost);
      await releaseAll();
    }
    await database.query(`${holdsTable} enable always trigger hold_barrier`);
    expect(lost).not.toEqual([]);
  });
});
