import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fallingBehindMessage, targetsFallingBehind } from '../../src/cleanup/backlog/falling-behind.js';
import type { BacklogReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { WallClock } from '../../src/index.js';
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
      configure: (builder) => builder.overrideProvider(WallClock).useValue({ now: () => new Date(NOW) }),
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
      expect(targetsFallingBehind(report)).toHaveLength(isFallingBehind ? 1 : 0);
    },
  );

  it('is described in a sentence', async () => {
    const report = await backlogOf({}, 3 * DAY);
    expect(targetsFallingBehind(report).map((target) => fallingBehindMessage(target, report))).toEqual([
      'blacklisted_tokens falls behind: its oldest due row has been due for 72.0 h, the cleanup runs every 24.0 h',
    ]);
  });
});
