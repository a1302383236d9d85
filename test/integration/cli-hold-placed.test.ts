import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LegalHoldService } from '../../src/index.js';
import { runCommandLine } from '../support/command-line.js';
import { insertHeldWorld } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

const PLACE = ['hold', 'place', '--user', '1', '--case', 'C-1', '--reason', 'suit', '--by', 'Ann'];

describe('a hold placed by a command line that cannot read it back', () => {
  const database = useTestDatabase();
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is said to be placed, as it is', async () => {
    await insertHeldWorld(database);
    jest.spyOn(LegalHoldService.prototype, 'show').mockRejectedValue(new Error('the connection is gone'));
    const text = await runCommandLine(PLACE, { DATABASE_URL: database.url });
    const json = await runCommandLine([...PLACE, '--json'], { DATABASE_URL: database.url });
    expect([text.exitCode, json.exitCode]).toEqual([0, 0]);
    const placed = await database.query<{ id: string }>('select id from tenxyte_maintenance.holds order by placed_at');
    expect(placed).toHaveLength(2);
    expect(text.stdout).toContain(`hold ${placed[0]?.id}: what it comes to could not be read back`);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'succeeded', hold: { id: placed[1]?.id, userId: '1' } });
  });
});
