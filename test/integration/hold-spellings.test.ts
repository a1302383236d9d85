import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LegalHoldService } from '../../src/index.js';
import { insertHeldWorld, insertOwnedRows, ownersLeft } from '../support/held-world.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };

describe('a legal hold, however what it names is written', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let holds: LegalHoldService;

  beforeAll(async () => {
    await insertHeldWorld(database);
    app = await maintenanceApp(database.url, { options: { holds: { coolDownDays: 0 } } });
    holds = app.moduleRef.get(LegalHoldService);
  });
  afterAll(() => app.close());
  afterEach(async () => {
    for (const { id } of await holds.list()) {
      await holds.release(id, { reason: 'the test is over', releasedBy: 'counsel' });
    }
  });

  const attemptsLeft = async (identifiers: readonly string[]): Promise<string[]> => {
    await database.query('delete from login_attempts');
    const rows = identifiers.map((identifier) => ({ identifier, created_at: '2001-01-01' }));
    await insertRows(database, 'login_attempts', rows);
    await app.maintenance.cleanup({ only: ['login_attempts'] });
    const left = await database.query<{ identifier: string }>('select identifier from login_attempts order by id');
    return left.map(({ identifier }) => identifier);
  };

  it('holds what was typed with blanks around it, and with other capitals', async () => {
    await holds.place({ ...WHO, userId: 1 });
    expect(await attemptsLeft([' Ann@Example.com\n', 'ANN', 'anne'])).toEqual([' Ann@Example.com\n', 'ANN']);
    await holds.place({ ...WHO, identifiers: ['\tbob@example.com\r\n'] });
    expect(await attemptsLeft(['bob', 'stranger'])).toEqual(['bob']);
  });

  it('goes by the capitals of the database where a column has a collation that knows more of them', async () => {
    await database.query(`alter table login_attempts alter column identifier type varchar(191) collate "und-x-icu"`);
    await database.query(`update users set username = 'ÉVE' where id = 1`);
    await holds.place({ ...WHO, userId: 1 });
    expect(await attemptsLeft(['ÉVE', 'Éve', 'eve'])).toEqual(['ÉVE', 'Éve']);
    await database.query(`update users set username = 'ann' where id = 1`);
  });

  it('holds all that whoever goes by an identifier has typed', async () => {
    await holds.place({ ...WHO, identifiers: ['Bob'] });
    expect(await attemptsLeft(['bob@example.com', '+331234', 'bob', 'ann'])).toEqual([
      'bob@example.com',
      '+331234',
      'bob',
    ]);
  });

  it('keeps only what it names of identifiers that nobody goes by', async () => {
    await holds.place({ ...WHO, identifiers: ['stranger'] });
    const owned = await insertOwnedRows(database, 'login_attempts');
    await app.maintenance.cleanup({ only: ['login_attempts'] });
    expect(await ownersLeft(database, 'login_attempts', owned)).toEqual(['nobody']);
  });
});
