import { expect, it } from '@jest/globals';
import { OLDEST_SERVER_VERSION } from '../../src/database/database-clock.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const wantedMajor = process.env['TENXYTE_TEST_POSTGRES'];
const isGiven = process.env['TEST_DATABASE_URL'] !== undefined || process.env['DATABASE_URL'] !== undefined;

async function serverVersion(): Promise<number> {
  const [row] = await database.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  return row?.version ?? 0;
}

it('tests on a server that the product supports', async () => {
  expect(await serverVersion()).toBeGreaterThanOrEqual(OLDEST_SERVER_VERSION);
});

it('tests on the major version that was asked for, if one was', async () => {
  const major = String(Math.floor((await serverVersion()) / 10_000));
  const isAskedFor = wantedMajor !== undefined && !isGiven;
  expect(isAskedFor ? wantedMajor : major).toBe(major);
});
