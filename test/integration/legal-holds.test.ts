import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLEANUP_TARGET_NAMES, type CleanupTargetName, type HoldScope, LegalHoldService } from '../../src/index.js';
import { insertHeldWorld, insertOwnedRows, OWNERS, ownersLeft } from '../support/held-world.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };
const EVERYBODY = OWNERS.map(({ name }) => name);
let app: MaintenanceApp;
let holds: LegalHoldService;

beforeAll(async () => {
  await insertHeldWorld(database);
  app = await maintenanceApp(database.url, { options: { holds: { coolDownDays: 0 } } });
  holds = app.moduleRef.get(LegalHoldService);
});
afterAll(async () => {
  await app.close();
});
afterEach(async () => {
  for (const { id } of await holds.list()) {
    await holds.release(id, { reason: 'the test is over', releasedBy: 'counsel' });
  }
});

/** Whose rows each target keeps; a target that is not listed keeps all of them, as its rows do not tell. */
type Kept = Readonly<Partial<Record<CleanupTargetName, readonly string[]>>>;

const ANN = ['ann', 'ann later'];
const SCOPES: readonly (readonly [string, HoldScope & { everything?: boolean }, Kept])[] = [
  [
    'a user',
    { userId: 1 },
    {
      blacklisted_tokens: ANN,
      magic_link_tokens: ANN,
      otp_codes: ANN,
      refresh_tokens: ANN,
      login_attempts: ANN,
      audit_logs: ANN,
      webauthn_challenges: ANN,
      agent_pending_actions: ANN,
      organization_invitations: ANN,
    },
  ],
  [
    'identifiers',
    { identifiers: ['BOB@example.com', '+331234'] },
    {
      blacklisted_tokens: ['bob'],
      magic_link_tokens: ['bob'],
      otp_codes: ['bob'],
      refresh_tokens: ['bob'],
      login_attempts: ['bob'],
      audit_logs: ['bob'],
      webauthn_challenges: ['bob'],
      agent_pending_actions: ['bob'],
      organization_invitations: ['bob'],
    },
  ],
  [
    'an application',
    { applicationId: '2' },
    {
      magic_link_tokens: ['ann later', 'bob'],
      refresh_tokens: ['ann later', 'bob'],
      login_attempts: ['ann later', 'bob'],
      audit_logs: ['ann later', 'bob'],
      agent_pending_actions: ['bob'],
    },
  ],
  [
    'an organization',
    { organizationId: 7 },
    {
      blacklisted_tokens: ['bob'],
      magic_link_tokens: ['bob'],
      otp_codes: ['bob'],
      refresh_tokens: ['bob'],
      login_attempts: ['bob'],
      audit_logs: ['bob'],
      webauthn_challenges: ['bob'],
      agent_pending_actions: ['bob'],
      organization_invitations: ['bob'],
    },
  ],
  [
    'a time',
    { createdFrom: new Date('2001-06-01T00:00:00Z') },
    {
      blacklisted_tokens: ['ann later'],
      magic_link_tokens: ['ann later'],
      otp_codes: ['ann later'],
      refresh_tokens: ['ann later'],
      login_attempts: ['ann later'],
      audit_logs: ['ann later'],
      webauthn_challenges: ['ann later'],
      agent_pending_actions: ['ann later'],
      organization_invitations: ['ann later'],
    },
  ],
  [
    'a user, an application and a time at once',
    { userId: 1, applicationId: 1, createdTo: new Date('2001-06-01T00:00:00Z') },
    {
      magic_link_tokens: ['ann'],
      refresh_tokens: ['ann'],
      login_attempts: ['ann'],
      audit_logs: ['ann'],
      agent_pending_actions: ['ann'],
    },
  ],
  ['everything', { everything: true }, {}],
];

describe.each(SCOPES)('a hold on %s', (_name, scope, kept) => {
  it.each(CLEANUP_TARGET_NAMES)(
    'keeps of %s what it holds and nothing else, in a dry run as in a run',
    async (target) => {
      const owned = await insertOwnedRows(database, target);
      await holds.place({ ...WHO, ...scope });
      const all = [...owned.values()].sort();
      const expected = target in kept ? all.filter((name) => kept[target]?.includes(name)) : all;
      const dry = await app.maintenance.cleanup({ only: [target], dryRun: true });
      const run = await app.maintenance.cleanup({ only: [target] });

      expect(await ownersLeft(database, target, owned)).toEqual(expected);
      expect(run).toMatchObject({ rows: all.length - expected.length, targets: [{ heldRows: expected.length }] });
      expect(dry).toMatchObject({ rows: run.rows, targets: [{ heldRows: expected.length }] });
      expect(run.targets[0]?.skipReason).toBe(target in kept ? undefined : 'held');
    },
  );
});

describe('a hold on one target', () => {
  it('leaves the others alone', async () => {
    const logs = await insertOwnedRows(database, 'audit_logs');
    const codes = await insertOwnedRows(database, 'otp_codes');
    await holds.place({ ...WHO, target: 'audit_logs' });
    await app.maintenance.cleanup({ only: ['audit_logs', 'otp_codes'] });
    expect(await ownersLeft(database, 'audit_logs', logs)).toEqual([...EVERYBODY].sort());
    expect(await ownersLeft(database, 'otp_codes', codes)).toEqual([]);
  });
});
