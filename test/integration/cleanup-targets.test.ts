import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CLEANUP_TARGET_NAMES } from '../../src/index.js';
import type { CleanupTargetName } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import type { Row } from '../support/rows.js';
import { insertReferences, insertRows, tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.123456Z';
const JUST_BEFORE = '2026-03-01T03:00:00.123455Z';
const DAYS_90_BEFORE = '2025-12-01T03:00:00.123456Z';
const DAYS_365_BEFORE = '2025-03-01T03:00:00.123456Z';
const DAYS_7_BEFORE = '2026-02-22T03:00:00.123456Z';

const minusOneMicrosecond = (instant: string): string => instant.replace('456Z', '455Z');

/** For every target: rows that must go and rows that must stay, the one exactly on the boundary among them. */
const CASES: Readonly<
  Record<CleanupTargetName, { due: Readonly<Record<string, Row>>; live: Readonly<Record<string, Row>> }>
> = {
  blacklisted_tokens: {
    due: { 'expired a microsecond ago': { expires_at: JUST_BEFORE } },
    live: { 'expiring at this very instant': { expires_at: RUN_AT }, 'not expired': { expires_at: 'infinity' } },
  },
  magic_link_tokens: {
    due: { 'expired a microsecond ago': { expires_at: JUST_BEFORE } },
    live: { 'expiring at this very instant': { expires_at: RUN_AT }, 'used but not expired': { is_used: true } },
  },
  otp_codes: {
    due: { 'expired a microsecond ago': { expires_at: JUST_BEFORE }, 'used but not expired': { is_used: true } },
    live: { 'expiring at this very instant': { expires_at: RUN_AT }, 'not expired': {} },
  },
  refresh_tokens: {
    due: { 'expired a microsecond ago': { expires_at: JUST_BEFORE }, 'revoked but not expired': { is_revoked: true } },
    live: { 'expiring at this very instant': { expires_at: RUN_AT }, 'not expired': {} },
  },
  login_attempts: {
    due: {
      'a microsecond past 90 days': { created_at: minusOneMicrosecond(DAYS_90_BEFORE) },
      ancient: { created_at: '-infinity' },
    },
    live: { 'exactly 90 days old': { created_at: DAYS_90_BEFORE }, fresh: { created_at: RUN_AT } },
  },
  audit_logs: {
    due: { 'a microsecond past 365 days': { created_at: minusOneMicrosecond(DAYS_365_BEFORE) } },
    live: { 'exactly 365 days old': { created_at: DAYS_365_BEFORE }, fresh: { created_at: RUN_AT } },
  },
  webauthn_challenges: {
    due: { 'expired a microsecond ago': { expires_at: JUST_BEFORE }, 'used but not expired': { is_used: true } },
    live: { 'expiring at this very instant': { expires_at: RUN_AT }, 'not expired': {} },
  },
  agent_pending_actions: {
    due: { 'expired and old': { expires_at: JUST_BEFORE, created_at: minusOneMicrosecond(DAYS_7_BEFORE) } },
    live: {
      'old, expiring at this very instant': { expires_at: RUN_AT, created_at: '-infinity' },
      'expired, exactly 7 days old': { expires_at: JUST_BEFORE, created_at: DAYS_7_BEFORE },
      'expired, old and confirmed': { expires_at: '-infinity', created_at: '-infinity', confirmed_at: '-infinity' },
      'expired, old and denied': { expires_at: '-infinity', created_at: '-infinity', denied_at: '-infinity' },
      'not expired': {},
    },
  },
  maintenance_runs: {
    due: { 'ended a microsecond more than 90 days ago': { finished_at: minusOneMicrosecond(DAYS_90_BEFORE) } },
    live: {
      'ended exactly 90 days ago': { finished_at: DAYS_90_BEFORE },
      'without an end': { finished_at: null, started_at: '-infinity' },
    },
  },
  organization_invitations: {
    due: {
      'expired a microsecond ago': { expires_at: JUST_BEFORE },
      'expired and declined': { expires_at: JUST_BEFORE, status: 'declined' },
    },
    live: {
      'expiring at this very instant': { expires_at: RUN_AT },
      'expired but accepted': { expires_at: JUST_BEFORE, status: 'accepted', accepted_at: '2026-01-01T00:00:00Z' },
      'expired, with a time of acceptance': { expires_at: JUST_BEFORE, accepted_at: '2026-01-01T00:00:00Z' },
      'not expired': {},
    },
  },
};

describe('cleanup, target by target', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url, { runAt: RUN_AT });
  });
  afterAll(() => app.close());

  describe.each(CLEANUP_TARGET_NAMES)('%s', (target) => {
    const { due, live } = CASES[target];
    const table = tableOfTarget(target);
    let ids: Record<string, string>;

    beforeEach(async () => {
      await database.query(`truncate ${table}`);
      const named = Object.entries({ ...due, ...live });
      const inserted = await insertRows(
        database,
        table,
        named.map(([, row]) => row),
      );
      ids = Object.fromEntries(named.map(([name], index) => [name, inserted[index] ?? '']));
    });

    const namesLeft = async (): Promise<string[]> => {
      const rows = await database.query<{ id: string }>(`select id from ${table}`);
      return Object.keys(ids).filter((name) => rows.some(({ id }) => id === ids[name]));
    };

    it('deletes exactly the due rows', async () => {
      const report = await app.maintenance.cleanup({ only: [target] });
      expect(await namesLeft()).toEqual(Object.keys(live));
      expect(report).toMatchObject({ status: 'succeeded', rows: Object.keys(due).length, runAt: RUN_AT });
    });

    it('counts exactly the due rows in a dry run and deletes none', async () => {
      const report = await app.maintenance.cleanup({ only: [target], dryRun: true });
      expect(await namesLeft()).toEqual([...Object.keys(due), ...Object.keys(live)]);
      expect(report).toMatchObject({ status: 'succeeded', dryRun: true, rows: Object.keys(due).length });
    });
  });
});
