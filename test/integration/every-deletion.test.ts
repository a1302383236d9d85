import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { CLEANUP_TARGET_NAMES, LegalHoldService, OPT_IN_TARGET_NAMES } from '../../src/index.js';
import { insertHeldWorld, insertOwnedRows } from '../support/held-world.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };

/** What takes rows away for good, and of which table. */
const DESTROYS =
  /\b(?:delete\s+from|truncate(?:\s+table)?|drop\s+table|merge\s+into)\s+(?:if\s+exists\s+|only\s+)*(\S+)/gi;

/** Records of this package's own that no hold is on: which applications there are, and what a hold that is over came to. */
const NEVER_HELD = ['"tenxyte_maintenance"."applications"', '"tenxyte_maintenance"."hold_subjects"'];

interface Sent {
  readonly text: string;
  /** How the transaction began that it belongs to. */
  readonly opening: string;
}

/** What this process sends to any server while some work is done. */
async function sentDuring(work: () => Promise<unknown>): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const openings = new WeakMap<object, string>();
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, 'query') as (...call: readonly unknown[]) => unknown;
  Reflect.set(prototype, 'query', function listening(this: object, ...call: readonly unknown[]): unknown {
    const [first] = call;
    const text = typeof first === 'string' ? first : String(Reflect.get(Object(first) as object, 'text'));
    openings.set(this, text.startsWith('begin') ? text : (openings.get(this) ?? ''));
    sent.push({ text, opening: openings.get(this) ?? '' });
    return Reflect.apply(query, this, call);
  });
  try {
    await work();
    return sent;
  } finally {
    Reflect.set(prototype, 'query', query);
  }
}

/** A plan of a deletion deletes nothing. */
const PLANS = /^\s*explain \(format json\)/;

const destroyedBy = (sent: readonly Sent[]): readonly (Sent & { readonly table: string })[] =>
  sent
    .filter(({ text }) => !PLANS.test(text))
    .flatMap((one) => [...one.text.matchAll(DESTROYS)].map(([, table = '']) => ({ ...one, table })));

const ungated = (sent: readonly Sent[]): readonly string[] =>
  destroyedBy(sent)
    .filter(({ table }) => !NEVER_HELD.includes(table))
    .filter(({ opening }) => !/pg_try_advisory_xact_lock_shared[^]*holds_changed/.test(opening))
    .map(({ text }) => text);

describe('everything that deletes', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertHeldWorld(database);
    app = await maintenanceApp(database.url, {
      options: {
        holds: { coolDownDays: 0 },
        retention: { auditLogDays: 200, rules: [{ target: 'audit_logs', actions: ['login'], days: 100 }] },
        cleanup: { acknowledge: ['public.keep_none', 'public.look'], include: [...OPT_IN_TARGET_NAMES] },
      },
    });
  });
  afterAll(() => app.close());

  it('is found by what it says', () => {
    const texts = ['delete\n from only "a"."b"', 'truncate c', 'drop table if exists d', 'merge into only e using f'];
    const found = destroyedBy(texts.map((text) => ({ text, opening: '' })));
    expect(found.map(({ table }) => table)).toEqual(['"a"."b"', 'c', 'd', 'e']);
    expect(ungated([{ text: 'delete from a', opening: 'begin' }])).toEqual(['delete from a']);
  });

  it('passes the barrier and asks for the shapes of the holds in its own transaction: of each target', async () => {
    for (const target of CLEANUP_TARGET_NAMES) {
      await insertOwnedRows(database, target);
    }
    const sent = await sentDuring(() => app.maintenance.cleanup());
    expect(ungated(sent)).toEqual([]);
    const tables = new Set(destroyedBy(sent).map(({ table }) => table.replaceAll('"', '').replace(/^public\./, '')));
    expect([...tables].sort()).toEqual(CLEANUP_TARGET_NAMES.map(tableOfTarget).sort());
  });

  it.each<[string, string, string, string]>([
    [
      'along an index',
      'audit_logs',
      `insert into audit_logs (action, user_agent, details, created_at)
         select 'x', repeat('x', 200), '{}', now() - n * interval '1 hour' from generate_series(1, 20000) as n
           where n < 4700 or n > 19990;
       analyze audit_logs`,
      '',
    ],
    [
      'with a trigger',
      'otp_codes',
      `create function look() returns trigger language plpgsql as 'begin return old; end';
       create trigger look before delete on otp_codes for each row execute function look()`,
      'drop function look cascade',
    ],
    [
      'under a rule',
      'login_attempts',
      'create rule keep_none as on delete to login_attempts do also select 1',
      'drop rule keep_none on login_attempts',
    ],
  ])('does so %s', async (_, target, prepare, undo) => {
    await insertOwnedRows(database, target as 'audit_logs');
    await database.query(prepare);
    const only = [target as 'audit_logs'];
    const sent = await sentDuring(async () => {
      expect(await app.maintenance.cleanup({ only })).toMatchObject({
        status: 'succeeded',
        targets: [{ status: 'succeeded' }],
      });
    });
    expect(destroyedBy(sent).length).toBeGreaterThan(0);
    expect(ungated(sent)).toEqual([]);
    await database.query(undo);
  });

  it('does so past rows that somebody holds', async () => {
    await insertOwnedRows(database, 'refresh_tokens');
    const client = await database.connect();
    await client.query('begin; select from refresh_tokens limit 1 for update');
    const sent = await sentDuring(async () => {
      const { targets } = await app.maintenance.cleanup({ only: ['refresh_tokens'] });
      expect(targets[0]).toMatchObject({ lockedRows: 1 });
    });
    await client.query('rollback');
    expect(sent.some(({ text }) => text.includes('skip locked') && text.includes('delete'))).toBe(true);
    expect(ungated(sent)).toEqual([]);
  });

  it('is nothing of what looks, places and releases', async () => {
    const holds = app.moduleRef.get(LegalHoldService);
    const sent = await sentDuring(async () => {
      const { id } = await holds.place({ ...WHO, userId: 1 });
      await app.maintenance.cleanup({ dryRun: true });
      await app.maintenance.status();
      await app.maintenance.backlog();
      await app.maintenance.doctor();
      await app.maintenance.checkAgentHeartbeats();
      await holds.release(id, { reason: 'settled', releasedBy: 'counsel' });
      await app.maintenance.migrate();
    });
    expect(ungated(sent)).toEqual([]);
  });
});
