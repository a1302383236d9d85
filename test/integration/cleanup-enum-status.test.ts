import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let app: MaintenanceApp;

beforeAll(async () => {
  await insertReferences(database);
  await database.query(`create type invitation_status as enum ('pending', 'accepted', 'expired')`);
  await database.query('drop index if exists organization_invitations_status_like_idx');
  await database.query(
    'alter table organization_invitations alter status type invitation_status using status::invitation_status',
  );
  app = await maintenanceApp(database.url);
});
afterAll(() => app.close());

it('a cleanup takes an enum for the status of invitations', async () => {
  const expired = { expires_at: '2020-01-01' };
  const ids = await insertRows(database, 'organization_invitations', [
    expired,
    { ...expired, status: 'accepted' },
    { ...expired, status: 'expired' },
    {},
  ]);
  const request = { only: ['organization_invitations'] } as const;
  expect(await app.maintenance.cleanup({ ...request, dryRun: true })).toMatchObject({ status: 'succeeded', rows: 2 });
  expect(await app.maintenance.cleanup(request)).toMatchObject({ status: 'succeeded', rows: 2 });
  const left = await database.query<{ id: string }>('select id from organization_invitations order by id');
  expect(left.map(({ id }) => id)).toEqual([ids[1], ids[3]]);
});
