import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport, RetentionPolicy } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import type { Row } from '../support/rows.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.123456Z';
const LONG_AGO = '2020-01-01T00:00:00Z';
const AT_THE_CUTOFF = '2026-01-30T03:00:00.123456Z';
const BEFORE_THE_CUTOFF = '2026-01-30T03:00:00.123455Z';

const expired = (row: Row = {}): Row => ({ expires_at: LONG_AGO, created_at: LONG_AGO, ...row });

const PAST_30_DAYS: Readonly<Record<string, Row>> = {
  'confirmed more than 30 days ago': expired({ confirmed_at: BEFORE_THE_CUTOFF }),
  'denied more than 30 days ago': expired({ denied_at: BEFORE_THE_CUTOFF }),
  'confirmed and denied, both more than 30 days ago': expired({
    confirmed_at: BEFORE_THE_CUTOFF,
    denied_at: LONG_AGO,
  }),
  'confirmed more than 30 days ago, not expired': { confirmed_at: BEFORE_THE_CUTOFF },
};
const WITHIN_30_DAYS: Readonly<Record<string, Row>> = {
  'confirmed exactly 30 days ago': expired({ confirmed_at: AT_THE_CUTOFF }),
  'denied exactly 30 days ago': expired({ denied_at: AT_THE_CUTOFF }),
  'confirmed long ago, denied exactly 30 days ago': expired({ confirmed_at: LONG_AGO, denied_at: AT_THE_CUTOFF }),
  'denied long ago, confirmed exactly 30 days ago': expired({ denied_at: LONG_AGO, confirmed_at: AT_THE_CUTOFF }),
};
const UNDECIDED: Readonly<Record<string, Row>> = { 'undecided and expired': expired() };

const ROWS = { ...PAST_30_DAYS, ...WITHIN_30_DAYS, ...UNDECIDED };
const DECIDED = [...Object.keys(PAST_30_DAYS), ...Object.keys(WITHIN_30_DAYS)];

describe("the cleanup of agents' pending actions", () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let policy: RetentionPolicy = {};

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url, {
      runAt: RUN_AT,
      options: {
        retention: { useFactory: () => ({ getRetention: () => policy }) },
        cleanup: { include: ['agent_pending_actions'] },
      },
    });
  });
  afterAll(() => app.close());

  let ids: readonly string[];
  beforeEach(async () => {
    await database.query('truncate agent_pending_actions');
    ids = await insertRows(database, 'agent_pending_actions', Object.values(ROWS));
  });

  const kept = async (): Promise<string[]> => {
    const rows = await database.query<{ id: string }>('select id from agent_pending_actions');
    return Object.keys(ROWS).filter((_, index) => rows.some(({ id }) => id === ids[index]));
  };
  const clean = (dryRun = false): Promise<CleanupReport> =>
    app.maintenance.cleanup({ only: ['agent_pending_actions'], dryRun });

  it.each<[string, RetentionPolicy, readonly string[]]>([
    ['keeps every decided one by default', {}, DECIDED],
    [
      'keeps a decided one for the days of its own option, counted from the later decision',
      { decidedAgentPendingActionDays: 30 },
      Object.keys(WITHIN_30_DAYS),
    ],
    [
      'keeps the undecided ones alone when their retention is 0',
      { agentPendingActionDays: 0, decidedAgentPendingActionDays: 30 },
      [...Object.keys(WITHIN_30_DAYS), ...Object.keys(UNDECIDED)],
    ],
  ])('%s, and the dry run counts what the run deletes', async (_behaviour, chosen, expected) => {
    policy = chosen;
    const rows = Object.keys(ROWS).length - expected.length;
    expect(await clean(true)).toMatchObject({ status: 'succeeded', rows });
    expect(await kept()).toEqual(Object.keys(ROWS));
    expect(await clean()).toMatchObject({ status: 'succeeded', rows });
    expect(await kept()).toEqual(expected);
  });

  it('skips the target when both retentions are 0, and reports neither a cutoff nor a backlog', async () => {
    policy = { agentPendingActionDays: 0 };
    expect(await clean()).toMatchObject({
      targets: [{ status: 'skipped', skipReason: 'kept-forever', rows: 0, cutoff: null, retentionDays: 0 }],
    });
    expect(await kept()).toEqual(Object.keys(ROWS));
    expect(
      (await app.maintenance.backlog()).targets.find(({ name }) => name === 'agent_pending_actions'),
    ).toMatchObject({ skipReason: 'kept-forever', dueRows: null });
  });

  it('reports no cutoff of undecided ones that are kept forever', async () => {
    policy = { agentPendingActionDays: 0, decidedAgentPendingActionDays: 30 };
    expect(await clean()).toMatchObject({ targets: [{ status: 'succeeded', cutoff: null, retentionDays: 0 }] });
  });

  it('measures since when a decided one is due from the later decision', async () => {
    policy = { decidedAgentPendingActionDays: 30 };
    await database.query('truncate agent_pending_actions');
    await insertRows(database, 'agent_pending_actions', [
      expired({ confirmed_at: LONG_AGO, denied_at: '2026-01-30T02:00:00Z' }),
      expired({ denied_at: AT_THE_CUTOFF }),
    ]);
    const { targets } = await app.maintenance.backlog({ exact: true });
    expect(targets.find(({ name }) => name === 'agent_pending_actions')).toMatchObject({
      dueRows: 1,
      oldestDueSince: '2026-03-01T02:00:00.000000Z',
    });
  });

  it('names a column that is missing once', async () => {
    await database.query('alter table agent_pending_actions rename column denied_at to refused_at');
    try {
      const { checks } = await app.maintenance.doctor();
      expect(checks.filter(({ message }) => message.includes('denied_at'))).toHaveLength(1);
    } finally {
      await database.query('alter table agent_pending_actions rename column refused_at to denied_at');
    }
  });
});
