import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BacklogReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { CleanupService } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

/** A Sunday. */
const NOW = '2026-03-01T12:00:00.000000Z';
const DAY = 86_400;

describe('a target that falls behind', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(() => insertReferences(database));
  beforeEach(() => database.query('truncate blacklisted_tokens'));
  afterEach(() => app.close());

  const backlogOf = async (
    schedule: TenxyteMaintenanceOptions['schedule'] & object,
    dueForSeconds: number,
  ): Promise<BacklogReport> => {
    const expiresAt = new Date(Date.parse(NOW) - dueForSeconds * 1000).toISOString();
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: expiresAt }]);
    app = await maintenanceApp(database.url, {
      runAt: NOW,
      options: { schedule },
    });
    return app.maintenance.backlog();
  };

  it.each([
    ['exactly two intervals are not behind', {}, DAY, 2 * DAY, false],
    ['more than two are', {}, DAY, 2 * DAY + 1, true],
    ['of an hourly schedule', { cleanup: '0 * * * *' }, 3_600, 7_201, true],
    ['never without a schedule', { cleanup: false }, null, 1_000 * DAY, false],
    ['over the weekend of a schedule of working days', { cleanup: '0 3 * * 1-5' }, 3 * DAY, 6 * DAY, false],
    ['after two such weekends', { cleanup: '0 3 * * 1-5' }, 3 * DAY, 6 * DAY + 1, true],
    ['in a time zone', { cleanup: '0 3 * * *', timeZone: 'Europe/Berlin' }, DAY, 2 * DAY + 1, true],
  ] as const)(
    'is told by its oldest due row: %s',
    async (_name, schedule, intervalSeconds, dueFor, isFallingBehind) => {
      const report = await backlogOf(schedule, dueFor);
      expect(report.scheduleIntervalSeconds).toBe(intervalSeconds);
      expect(report.targets[0]).toMatchObject({
        name: 'blacklisted_tokens',
        oldestDueSeconds: dueFor,
        isFallingBehind,
      });
    },
  );

  it('is warned of after a scheduled cleanup that could not come to its end, and not when one did', async () => {
    const warnings: string[] = [];
    const log = (): void => undefined;
    const logger = { log, debug: log, error: log, warn: (line: unknown) => warnings.push(String(line)) };
    const expiresAt = new Date(Date.parse(NOW) - 3 * DAY * 1000).toISOString();
    const ids = await insertRows(database, 'blacklisted_tokens', [
      { expires_at: expiresAt },
      { expires_at: expiresAt },
    ]);
    app = await maintenanceApp(database.url, {
      runAt: NOW,
      logger,
      options: { cleanup: { maxRowsPerTarget: 1 } },
    });
    await app.moduleRef.get(CleanupService).onTick();
    const behind = warnings.filter((line) => line.startsWith('cleanup falls behind on '));
    expect(behind).toEqual([
      expect.stringMatching(/on blacklisted_tokens: .* for 72 h 0 min, .* every 24 h 0 min, 2 rows due now/),
    ]);

    await database.query('delete from blacklisted_tokens where id = $1', [ids[0]]);
    await database.query('truncate tenxyte_maintenance.runs');
    warnings.length = 0;
    await app.moduleRef.get(CleanupService).onTick();
    expect(warnings).toEqual([]);
  });
});
