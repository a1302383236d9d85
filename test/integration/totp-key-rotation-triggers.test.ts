import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { LIMITS, useTotpRotations } from '../support/totp-rotation.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const KEYS = [NEW, OLD];
const USERS = 300;
const MODES = ['rolling', 'atomic'] as const;
const CALL = 'execute function host()';

/** Ways in which what others attached to the table changes a secret that is written. */
const CHANGES = [
  [
    'lower-cases it before it is written',
    `begin new.totp_secret := lower(new.totp_secret); return new; end`,
    `create trigger host before update on users for each row ${CALL}`,
  ],
  [
    'cuts it after it was written',
    `begin update users set totp_secret = left(new.totp_secret, 50) where id = new.id and pg_trigger_depth() = 1; return null; end`,
    `create trigger host after update on users for each row ${CALL}`,
  ],
  [
    'cuts it when the transaction is to be committed',
    `begin update users set totp_secret = left(new.totp_secret, 50) where id = new.id and length(new.totp_secret) > 50; return null; end`,
    `create constraint trigger host after update on users deferrable initially deferred for each row ${CALL}`,
  ],
  [
    'empties it',
    `begin new.totp_secret := null; return new; end`,
    `create trigger host before update on users for each row when (old.id = 250) ${CALL}`,
  ],
  [
    'gives it to another user',
    `begin update users set totp_secret = (select totp_secret from users where id = 2) where id = 1; return null; end`,
    `create trigger host after update of totp_secret on users for each row when (old.id = 250 and pg_trigger_depth() = 0) ${CALL}`,
  ],
  [
    'deletes the user',
    `begin delete from users where id = new.id; return null; end`,
    `create trigger host after update on users for each row when (old.id = 7) ${CALL}`,
  ],
] as const;

describe('a rotation of secrets that a trigger of others changes', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const rotations = useTotpRotations(database, leaks);
  const users = Array.from({ length: USERS }, (_, index) => ({
    id: String(index + 1),
    kind: 'old' as const,
    stored: tokenOf(OLD, secretOf(index + 1)),
  }));

  beforeAll(() => leaks.guard(NEW, OLD, ...users.map(({ id }) => secretOf(Number(id)))));
  beforeEach(() => insertUsers(database, users));
  afterEach(async () => {
    await database.query('drop trigger if exists host on users; drop function if exists host() cascade');
  });

  const attach = (body: string, trigger: string): Promise<unknown> =>
    database.query(`create function host() returns trigger language plpgsql as $$ ${body} $$; ${trigger}`);
  const damaged = async (): Promise<string[]> => {
    const stored = await storedSecrets(database);
    return users
      .filter(({ id }) => {
        const content = opened(NEW, stored.get(id) ?? '') ?? opened(OLD, stored.get(id) ?? '');
        return content?.secret !== secretOf(Number(id));
      })
      .map(({ id }) => id);
  };

  it.each(MODES.flatMap((mode) => CHANGES.map(([what, body, trigger]) => ({ mode, what, body, trigger }))))(
    'undoes the batch and names the trigger, which $what ($mode)',
    async ({ mode, body, trigger }) => {
      await attach(body, trigger);
      const result = await rotations.rotate(KEYS, { mode });
      expect(await damaged()).toEqual([]);
      expect(result).toMatchObject({
        status: 'failed',
        rotated: 0,
        safeToRetirePreviousKeys: false,
        error: { code: 'SECRETS_ALTERED', message: expect.stringContaining('the trigger public.host') },
      });
    },
  );

  it.each(MODES)('goes through beside a trigger that leaves secrets alone (%s)', async (mode) => {
    await attach(
      'begin new.last_name := upper(new.last_name); return new; end',
      `create trigger host before update on users for each row ${CALL}`,
    );
    expect(await rotations.rotate(KEYS, { mode })).toMatchObject({
      status: 'succeeded',
      rotated: USERS,
      safeToRetirePreviousKeys: true,
    });
    expect(await damaged()).toEqual([]);
  });

  const KEEP = [
    'begin return null; end',
    `create trigger host before update on users for each row when (old.id = 250) ${CALL}`,
  ] as const;

  it('rotates all others where a trigger keeps a user as it is, and names the trigger', async () => {
    await attach(...KEEP);
    const result = await rotations.rotate(KEYS);
    expect(result).toMatchObject({
      status: 'partial',
      rotated: USERS - 1,
      heldUsers: 1,
      safeToRetirePreviousKeys: false,
      error: { code: 'SECRETS_KEPT', message: expect.stringContaining('the trigger public.host') },
    });
    expect(await damaged()).toEqual([]);
  });

  it('says the same of a user whom somebody holds as where there is no trigger', async () => {
    await attach('begin return new; end', `create trigger host before update on users for each row ${CALL}`);
    const other = await database.connect();
    await other.query('begin; select from users where id = 9 for update');
    const result = await rotations.rotate(KEYS, { limits: { ...LIMITS, lockTimeoutMs: 20 } });
    await other.query('rollback');
    expect(result).toMatchObject({ status: 'partial', rotated: USERS - 1, error: { code: 'USERS_HELD' } });
  });

  it('undoes an atomic rotation where a trigger keeps a user as it is, and names the trigger', async () => {
    await attach(...KEEP);
    const before = await storedSecrets(database);
    const result = await rotations.rotate(KEYS, { mode: 'atomic' });
    expect(result).toMatchObject({
      status: 'failed',
      rotated: 0,
      error: { code: 'SECRETS_KEPT', message: expect.stringContaining('the trigger public.host') },
    });
    expect(await storedSecrets(database)).toEqual(before);
  });
});
