import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeSecretChange } from '../support/gate.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { LIMITS, useTotpRotations } from '../support/totp-rotation.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const KEYS = [NEW, OLD];
const USERS = 3_000;

describe('the rotation of TOTP keys beside other sessions', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const rotations = useTotpRotations(database, leaks);
  const sessions: pg.Client[] = [];
  let gate: Gate | undefined;

  beforeAll(() => leaks.guard(NEW, OLD, ...Array.from({ length: USERS + 10 }, (_, index) => secretOf(index))));
  beforeEach(() =>
    insertUsers(
      database,
      Array.from({ length: USERS }, (_, index) => ({
        id: String(index + 1),
        kind: 'old' as const,
        stored: tokenOf(OLD, secretOf(index + 1)),
      })),
    ),
  );
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
    await Promise.all(sessions.splice(0).map((session) => session.query('rollback')));
  });

  /** A session in a transaction, rolled back after the test. */
  const openTransaction = async (): Promise<pg.Client> => {
    const session = await database.connect();
    sessions.push(session);
    await session.query('begin');
    return session;
  };
  const set = (id: number, secret: string | null): Promise<unknown> =>
    database.query('update users set totp_secret = $2 where id = $1', [id, secret]);
  const stored = async (id: number): Promise<string> => (await storedSecrets(database)).get(String(id)) ?? '';
  const everyoneElseIsRotated = async (except: readonly number[]): Promise<void> => {
    const left = [...(await storedSecrets(database))].filter(
      ([id, secret]) => !except.includes(Number(id)) && opened(NEW, secret ?? '')?.secret !== secretOf(Number(id)),
    );
    expect(left).toEqual([]);
  };
  const untilBlocked = (): Promise<unknown> =>
    eventually(
      async () =>
        (
          await database.query(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%as stored%'`,
          )
        ).length > 0,
    );

  it.each(['rolling', 'atomic'] as const)(
    'keeps the value of a host that changes a secret meanwhile (%s)',
    async (mode) => {
      gate = await gateBeforeSecretChange(database, '1');
      const running = rotations.rotate(KEYS, { mode });
      await gate.reached();
      const [fresh, freshOld] = [tokenOf(NEW, secretOf(USERS + 1)), tokenOf(OLD, secretOf(USERS + 2))];
      await set(2_000, fresh);
      await set(2_001, freshOld);
      await set(2_002, null);
      await set(2_003, '');
      await database.query('delete from users where id = 2004');
      await gate.open();
      const result = await running;
      expect(result).toMatchObject({ status: 'succeeded', total: USERS - 3, safeToRetirePreviousKeys: true });
      expect(await stored(2_000)).toBe(fresh);
      expect(opened(NEW, await stored(2_001))?.secret).toBe(secretOf(USERS + 2));
      expect([await stored(2_002), await stored(2_003), await stored(2_004)]).toEqual(['', '', '']);
      await everyoneElseIsRotated([2_000, 2_001, 2_002, 2_003, 2_004]);
    },
  );

  it('keeps the value of a host whose change is committed while the run waits for its row', async () => {
    const other = await openTransaction();
    const fresh = tokenOf(OLD, secretOf(USERS + 3));
    await other.query('update users set totp_secret = $1 where id = 7', [fresh]);
    const running = rotations.rotate(KEYS, { mode: 'atomic' });
    await untilBlocked();
    await other.query('commit');
    expect(await running).toMatchObject({ status: 'succeeded', rotated: USERS });
    expect(opened(NEW, await stored(7))?.secret).toBe(secretOf(USERS + 3));
    await everyoneElseIsRotated([7]);
  });

  it('passes over users that somebody holds, says so, and takes them the next time', async () => {
    const other = await openTransaction();
    await other.query('select 1 from users where id in (5, 2500) for update');
    const result = await rotations.rotate(KEYS, { limits: { ...LIMITS, lockTimeoutMs: 20 } });
    expect(result).toMatchObject({
      status: 'partial',
      rotated: USERS - 2,
      heldUsers: 2,
      total: USERS,
      safeToRetirePreviousKeys: false,
      error: { code: 'USERS_HELD' },
    });
    await everyoneElseIsRotated([5, 2_500]);
    await other.query('rollback');
    expect(await rotations.rotate(KEYS)).toMatchObject({ status: 'succeeded', rotated: 2, alreadyCurrent: USERS - 2 });
    await everyoneElseIsRotated([]);
  });

  it('lets others refer to a user meanwhile, as a login does', async () => {
    const [login, other] = [await openTransaction(), await openTransaction()];
    await login.query('select 1 from users where id = 5 for key share');
    // From here on the run skips rows that somebody holds, which a mere reference must not count as.
    await other.query('select 1 from users where id = 3 for update');
    const result = await rotations.rotate(KEYS, { limits: { ...LIMITS, lockTimeoutMs: 20 } });
    expect(result).toMatchObject({ status: 'partial', rotated: USERS - 1, heldUsers: 1 });
    await everyoneElseIsRotated([3]);
  });

  it('leaves every secret as it was when an atomic rotation meets a held user', async () => {
    const before = await storedSecrets(database);
    const other = await openTransaction();
    await other.query('select 1 from users where id = 2500 for update');
    const result = await rotations.rotate(KEYS, { mode: 'atomic', limits: { ...LIMITS, lockTimeoutMs: 20 } });
    expect(result).toMatchObject({
      status: 'failed',
      rotated: 0,
      safeToRetirePreviousKeys: false,
      error: { code: 'LOCK_TIMEOUT', message: expect.stringContaining('every secret is as it was') },
    });
    await other.query('rollback');
    expect(await storedSecrets(database)).toEqual(before);
  });

  it.each([
    {
      what: 'under it',
      written: tokenOf(OLD, secretOf(1)),
      status: 'partial',
      error: {
        code: 'PREVIOUS_KEY_IN_USE',
        retryable: false,
        message: expect.stringContaining('1 secret that needs an older key was written'),
      },
    },
    {
      what: 'what no key opens',
      written: tokenOf(FernetKey.generate(), secretOf(1)),
      status: 'partial',
      error: {
        code: 'UNREADABLE_WRITTEN',
        retryable: false,
        message: expect.stringContaining('(1 opened by none of the keys, of the users with id 1)'),
      },
    },
    {
      what: 'what is not encrypted',
      written: secretOf(1),
      status: 'partial',
      error: { code: 'UNREADABLE_WRITTEN', retryable: false, message: expect.stringContaining('(1 plain)') },
    },
  ])('does not call the old key dispensable when a host goes on writing $what', async ({ written, status, error }) => {
    let batches = 0;
    const rewrite = async (): Promise<void> => {
      batches += 1;
      if (batches > 2) {
        await set(1, written);
      }
    };
    const result = await rotations.rotate(KEYS, { beforeBatch: rewrite });
    expect(result).toMatchObject({ status, rotated: USERS, safeToRetirePreviousKeys: false });
    expect(result.error).toEqual(error);
  });

  it('does not mistake what no key opens for a plain secret that went away meanwhile', async () => {
    await set(2_500, secretOf(2_500));
    let batches = 0;
    const swap = async (): Promise<void> => {
      batches += 1;
      if (batches === 3) {
        await set(1, tokenOf(FernetKey.generate(), secretOf(1)));
        await set(2_500, null);
      }
    };
    const result = await rotations.rotate(KEYS, { beforeBatch: swap });
    expect(result).toMatchObject({
      status: 'partial',
      leftPlaintext: 1,
      undecryptable: 0,
      safeToRetirePreviousKeys: false,
      error: { code: 'UNREADABLE_WRITTEN' },
    });
  });

  it('names the secret that was damaged in mid-run, also where another one was, and was cured', async () => {
    await set(1, 'of no key');
    let batches = 0;
    const beforeBatch = async (): Promise<void> => {
      batches += 1;
      if (batches > 2) {
        await database.query('update users set totp_secret = lower(totp_secret) where id = 2');
        await set(1, tokenOf(NEW, secretOf(1)));
      }
    };
    const result = await rotations.rotate(KEYS, { beforeBatch });
    expect(result).toMatchObject({
      status: 'partial',
      undecryptable: 1,
      undecryptableUserIds: ['1'],
      safeToRetirePreviousKeys: false,
      error: { code: 'UNREADABLE_WRITTEN', message: expect.stringContaining('of the users with id 2)') },
    });
  });

  it('says that an atomic rotation was committed when it could not be read back', async () => {
    const onProgress = ({ phase, status }: { phase: string; status: string | null }): void => {
      if (phase === 'reading-back' && status === null) {
        throw new Error('no more');
      }
    };
    const result = await rotations.rotate(KEYS, { mode: 'atomic', onProgress });
    expect(result).toMatchObject({
      status: 'partial',
      rotated: USERS,
      safeToRetirePreviousKeys: false,
      error: { code: 'UNEXPECTED', message: expect.stringContaining('no more; the rotation was committed') },
    });
    await everyoneElseIsRotated([]);
  });

  it('goes on after a deadlock and after a statement that took too long', async () => {
    await database.query('create sequence fault_count');
    await database.query(`
      create function fail_first() returns trigger language plpgsql as $$
      declare
        count bigint := nextval('fault_count');
      begin
        if count in (1, 1500) then
          raise exception 'injected' using errcode = case count when 1 then '40P01' else '57014' end;
        end if;
        return new;
      end $$`);
    await database.query('create trigger fault before update on users for each row execute function fail_first()');
    const result = await rotations.rotate(KEYS);
    await database.query('drop trigger fault on users; drop function fail_first(); drop sequence fault_count');
    expect(result).toMatchObject({ status: 'succeeded', rotated: USERS, safeToRetirePreviousKeys: true });
    await everyoneElseIsRotated([]);
  });

  it('reports a lost connection, loses nothing, and goes on the next time', async () => {
    gate = await gateBeforeSecretChange(database, '2500');
    const running = rotations.rotate(KEYS);
    const backend = await gate.reached();
    await database.query('select pg_terminate_backend($1)', [backend]);
    const result = await running;
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'CONNECTION_LOST' },
      safeToRetirePreviousKeys: false,
    });
    expect(result.rotated).toBeGreaterThan(0);
    expect(result.rotated).toBeLessThan(USERS);
    await gate.remove();
    gate = undefined;
    expect(await rotations.rotate(KEYS)).toMatchObject({ status: 'succeeded', rotated: USERS - result.rotated });
    await everyoneElseIsRotated([]);
  });
});
