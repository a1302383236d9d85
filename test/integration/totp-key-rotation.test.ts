import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TotpRotationProgress } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';
import { useTotpRotations } from '../support/totp-rotation.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import type { KnownUser } from '../support/totp-users.js';
import { insertUsers, mixedUsers, storedSecrets } from '../support/totp-users.js';

const USERS = 10_000;
const EACH = USERS / 10;
const [current, old, older, unknown] = Array.from({ length: 4 }, () => FernetKey.generate()) as [
  string,
  string,
  string,
  string,
];
const KEYS = { current, old, older, unknown };
const LIST = [current, old, older];

describe('the rotation of TOTP keys', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const rotations = useTotpRotations(database, leaks);
  const role = useTestRole(database);
  const users = mixedUsers(USERS, KEYS);

  beforeAll(() => {
    leaks.guard(...LIST, unknown, ...users.map(({ id }) => secretOf(Number(id) - 1)));
    leaks.guard(...users.flatMap(({ stored }) => (stored === null || stored === '' ? [] : [stored])));
  });
  beforeEach(() => insertUsers(database, users));

  const ofKind = (...kinds: KnownUser['kind'][]): KnownUser[] => users.filter(({ kind }) => kinds.includes(kind));

  /** Every secret that can be read at all is what it was, whichever key it is under; everything else is untouched. */
  const expectNothingLost = async (): Promise<void> => {
    const stored = await storedSecrets(database);
    const lost = users.filter((user) => !isKept(user, stored.get(user.id)));
    expect(lost.map(({ id, kind }) => ({ id, kind }))).toEqual([]);
  };

  const isKept = (user: KnownUser, stored: string | null | undefined): boolean => {
    if (user.secret === undefined || stored === user.stored) {
      return stored === user.stored;
    }
    const content = LIST.map((key) => opened(key, stored ?? '')).find(Boolean);
    return content?.secret === user.secret && (user.kind === 'plaintext' || content.timestamp === user.timestamp);
  };

  const countUnder = async (key: string): Promise<number> => {
    const stored = await storedSecrets(database);
    return [...stored.values()].filter((secret) => opened(key, secret ?? '') !== undefined).length;
  };

  it.each(['rolling', 'atomic'] as const)(
    'brings every secret under the first key that another one opens (%s)',
    async (mode) => {
      const result = await rotations.rotate(LIST, { mode });
      expect(result).toMatchObject({
        status: 'partial',
        total: USERS - 2 * EACH,
        rotated: 3 * EACH,
        alreadyCurrent: EACH,
        encryptedPlaintext: 0,
        leftPlaintext: EACH,
        undecryptable: 3 * EACH,
        heldUsers: 0,
        safeToRetirePreviousKeys: false,
      });
      await expectNothingLost();
      expect(await countUnder(current)).toBe(4 * EACH);
      expect(await countUnder(old)).toBe(0);
    },
  );

  it('lists the users whose secret no key opens, at most 100, and says so as a partial success', async () => {
    const result = await rotations.rotate(LIST);
    const lost = ofKind('unknown', 'corrupt', 'truncated').map(({ id }) => id);
    expect(result.undecryptableUserIds).toEqual(lost.slice(0, 100));
    expect(result.error).toEqual({
      code: 'TOTP_UNDECRYPTABLE',
      retryable: false,
      message: expect.stringContaining(`${lost.length} secrets are opened by none of the keys`),
    });
    expect(result.error?.message).toContain(`${lost.slice(0, 10).join(', ')} and ${lost.length - 10} more`);
  });

  it('succeeds when every secret can be read, and has nothing to do the next time', async () => {
    await insertUsers(database, ofKind('current', 'old', 'older', 'deleted', 'null', 'empty'));
    expect(await rotations.rotate(LIST)).toMatchObject({ status: 'succeeded', rotated: 3 * EACH, total: 4 * EACH });
    const before = await storedSecrets(database);
    expect(await rotations.rotate(LIST)).toMatchObject({ status: 'succeeded', rotated: 0, alreadyCurrent: 4 * EACH });
    expect(await storedSecrets(database)).toEqual(before);
    expect(await rotations.rotate([current])).toMatchObject({ status: 'succeeded', safeToRetirePreviousKeys: true });
  });

  it.each(['rolling', 'atomic'] as const)('tries every secret in a dry run and changes none (%s)', async (mode) => {
    const before = await storedSecrets(database);
    const result = await rotations.rotate(LIST, { mode, isDryRun: true, encryptPlaintext: true });
    expect(result).toMatchObject({
      status: 'partial',
      total: USERS - 2 * EACH,
      rotated: 3 * EACH,
      encryptedPlaintext: EACH,
      leftPlaintext: 0,
      undecryptable: 3 * EACH,
      safeToRetirePreviousKeys: false,
    });
    expect(await storedSecrets(database)).toEqual(before);
    await rotations.rotate(LIST, { mode, encryptPlaintext: true });
    expect(await rotations.rotate(LIST, { mode, isDryRun: true })).toMatchObject({
      rotated: 0,
      alreadyCurrent: 5 * EACH,
      undecryptable: 3 * EACH,
      safeToRetirePreviousKeys: false,
    });
    await insertUsers(database, ofKind('current', 'plaintext', 'null', 'empty'));
    expect(await rotations.rotate(LIST, { mode, isDryRun: true })).toMatchObject({
      rotated: 0,
      alreadyCurrent: EACH,
      undecryptable: 0,
      safeToRetirePreviousKeys: true,
    });
  });

  it.each(['rolling', 'atomic'] as const)(
    'brings under the first key what Python opens, however it is spelled, and writes it as Python does (%s)',
    async (mode) => {
      const spellings = [
        (token: string) => `${token}\n`,
        (token: string) => `${token}\r\n`,
        (token: string) => ` ${token.slice(0, 50)} ${token.slice(50)}`,
        (token: string) => token.replaceAll('-', '+').replaceAll('_', '/'),
        (token: string) => `${token}==`,
        (token: string) => `\uFEFF"${token}"`,
        // The separators that a batch's statement would be written with.
        (token: string) => token.replace(/[0-9]/g, '\u001F$&\u001F'),
        (token: string) => `\u001F${token}\u001F`,
      ];
      const spelled = spellings.flatMap((spell, index) => [
        { id: String(2 * index + 1), kind: 'old' as const, stored: spell(tokenOf(old, secretOf(index))) },
        { id: String(2 * index + 2), kind: 'current' as const, stored: spell(tokenOf(current, secretOf(index))) },
      ]);
      leaks.guard(...spelled.map(({ stored }) => stored));
      await insertUsers(database, spelled);
      const each = spellings.length;
      expect(await rotations.rotate(LIST, { mode })).toMatchObject({
        status: 'succeeded',
        rotated: each,
        alreadyCurrent: each,
        safeToRetirePreviousKeys: true,
      });
      const stored = await storedSecrets(database);
      spelled.forEach(({ id, kind, stored: before }, index) => {
        const after = stored.get(id) ?? '';
        expect(kind === 'old' ? /^[A-Za-z0-9_-]+={0,2}$/.test(after) : after === before).toBe(true);
        expect(opened(current, after)?.secret).toBe(secretOf(Math.floor(index / 2)));
      });
    },
  );

  it.each(['rolling', 'atomic'] as const)('needs no previous key for a secret that is plain (%s)', async (mode) => {
    await insertUsers(database, ofKind('old', 'plaintext', 'null'));
    const counts = { status: 'succeeded', rotated: EACH, leftPlaintext: EACH, safeToRetirePreviousKeys: true };
    expect(await rotations.rotate(LIST, { mode })).toMatchObject(counts);
  });

  it.each(['truncated', 'corrupt', 'unknown'] as const)(
    'does not call the previous keys dispensable while a secret is %s, with all keys or the first alone',
    async (kind) => {
      await insertUsers(database, [...ofKind('current', 'old').slice(0, 10), ...ofKind(kind).slice(0, 1)]);
      const doubtful = { status: 'partial', undecryptable: 1, safeToRetirePreviousKeys: false };
      for (const mode of ['rolling', 'atomic'] as const) {
        expect(await rotations.rotate(LIST, { mode })).toMatchObject(doubtful);
        expect(await rotations.rotate(LIST, { mode, isDryRun: true })).toMatchObject({ ...doubtful, rotated: 0 });
      }
      expect(await rotations.rotate([current])).toMatchObject(doubtful);
    },
  );

  it.each(['rolling', 'atomic'] as const)('encrypts plain secrets when it is told to (%s)', async (mode) => {
    const result = await rotations.rotate(LIST, { mode, encryptPlaintext: true });
    expect(result).toMatchObject({ encryptedPlaintext: EACH, leftPlaintext: 0, rotated: 3 * EACH });
    await expectNothingLost();
    expect(await countUnder(current)).toBe(5 * EACH);
  });

  it('leaves a plain secret that the column could not hold once encrypted', async () => {
    const [short, long] = ['A'.repeat(127), 'B'.repeat(128)];
    leaks.guard(short, long);
    await insertUsers(database, [
      { id: '1', kind: 'plaintext', stored: short },
      { id: '2', kind: 'plaintext', stored: long },
    ]);
    const result = await rotations.rotate(LIST, { encryptPlaintext: true });
    expect(result).toMatchObject({ status: 'succeeded', encryptedPlaintext: 1, leftPlaintext: 1 });
    expect((await storedSecrets(database)).get('2')).toBe(long);
  });

  it('loses nothing when the keys are in the wrong order, and nothing when they are then put right', async () => {
    await rotations.rotate([old, current, older]);
    await expectNothingLost();
    expect(await countUnder(old)).toBe(4 * EACH);
    await rotations.rotate(LIST);
    await expectNothingLost();
    expect(await countUnder(current)).toBe(4 * EACH);
  });

  it('touches nothing when none of the keys is the right one', async () => {
    const before = await storedSecrets(database);
    const result = await rotations.rotate([FernetKey.generate()], { encryptPlaintext: false });
    expect(result).toMatchObject({
      status: 'failed',
      rotated: 0,
      alreadyCurrent: 0,
      undecryptable: 7 * EACH,
      safeToRetirePreviousKeys: false,
      error: { code: 'TOTP_KEYS_WRONG' },
    });
    expect(await storedSecrets(database)).toEqual(before);
  });

  it('works on keys of any type, on a text column, and in any order of insertion', async () => {
    await database.query('create schema elsewhere');
    await database.query('create table elsewhere.users (id uuid primary key, totp_secret text)');
    await database.query(
      `insert into elsewhere.users select gen_random_uuid(), stored from unnest($1::text[]) as stored`,
      [ofKind('old', 'null', 'older').map(({ stored }) => stored)],
    );
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=elsewhere');
    const result = await rotations.rotateAs(url.href, LIST);
    await database.query('drop schema elsewhere cascade');
    expect(result).toMatchObject({ status: 'succeeded', rotated: 2 * EACH, safeToRetirePreviousKeys: true });
  });

  it('stops between two batches when it is asked to, and the next run goes on', async () => {
    const stop = new AbortController();
    const result = await rotations.rotate(LIST, { signal: stop.signal, onProgress: () => stop.abort('requested') });
    expect(result).toMatchObject({ status: 'stopped', safeToRetirePreviousKeys: false });
    expect(result.rotated).toBeLessThan(3 * EACH);
    await expectNothingLost();
    expect(await rotations.rotate(LIST)).toMatchObject({
      rotated: 3 * EACH - result.rotated,
      alreadyCurrent: EACH + result.rotated,
    });
    await expectNothingLost();
  });

  it('leaves every secret as it was when an atomic rotation is asked to stop', async () => {
    const before = await storedSecrets(database);
    const stop = new AbortController();
    const onProgress = ({ written }: { written: number }): void => {
      if (written > 0) {
        stop.abort('requested');
      }
    };
    const result = await rotations.rotate(LIST, { mode: 'atomic', signal: stop.signal, onProgress });
    expect(result).toMatchObject({ status: 'stopped', rotated: 0, total: 0 });
    expect(await storedSecrets(database)).toEqual(before);
  });

  it('tells how far it is, in both phases', async () => {
    const told: TotpRotationProgress[] = [];
    const { status } = await rotations.rotate(LIST, { onProgress: (progress) => told.push(progress) });
    const all = USERS - 2 * EACH;
    expect(told).toContainEqual(expect.objectContaining({ phase: 'rotating', secrets: all, written: 3 * EACH }));
    expect(told.at(-1)).toMatchObject({ phase: 'reading-back', secrets: all, written: 0, overall: 1, status });
    const overall = told.map((progress) => progress.overall);
    expect(overall).toEqual(overall.toSorted((one, other) => one - other));
    expect(overall.filter((share) => share === 1)).toHaveLength(1);
    expect(told.filter((progress) => progress.status !== null)).toHaveLength(1);
    expect(told.some((progress) => progress.overall > 0 && progress.phase === 'rotating')).toBe(true);
  });

  it('tells how it ended, in a dry run and when it is stopped too', async () => {
    const told: TotpRotationProgress[] = [];
    await rotations.rotate(LIST, { isDryRun: true, onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ overall: 1, status: expect.any(String) });
    const stop = new AbortController();
    const onProgress = (progress: TotpRotationProgress): void => {
      told.push(progress);
      stop.abort();
    };
    const { status } = await rotations.rotate(LIST, { signal: stop.signal, onProgress });
    expect(status).toBe('stopped');
    expect(told.at(-1)).toMatchObject({ overall: 1, status: 'stopped' });
  });

  it.each([
    ['a view', 'create view guarded.users as select id, totp_secret from public.users', 'NOT_A_TABLE', 'users'],
    ['no secret', 'create table guarded.users (id bigint primary key)', 'COLUMN_MISSING', 'totp_secret'],
    [
      'a secret that is no text',
      'create table guarded.users (id bigint primary key, totp_secret bytea)',
      'COLUMN_TYPE',
      'users.totp_secret is bytea, character varying or text is needed',
    ],
    [
      'a table out of reach',
      'create table guarded.users (id bigint primary key, totp_secret text)',
      'PERMISSION_DENIED',
      'users',
    ],
    [
      'row level security',
      `create table guarded.users (id bigint primary key, totp_secret text); alter table guarded.users enable row level security;
       grant select, update on guarded.users to current_role_name`,
      'ROW_SECURITY',
      'Row level security applies to this role on "guarded"."users"',
    ],
  ])('refuses %s in place of a table of secrets before anything is touched', async (_, sql, code, words) => {
    await database.query(`create schema guarded; ${sql.replace('current_role_name', role.name)}`);
    await database.query(`grant usage on schema guarded to ${role.name}`);
    const url = new URL(role.url);
    url.searchParams.set('options', '-c search_path=guarded');
    const refused = await rotations.rotateAs(url.href, LIST).catch((error: unknown) => error);
    await database.query('drop schema guarded cascade');
    expect(refused).toMatchObject({ code, message: expect.stringContaining('No secret was touched') });
    expect(refused).toHaveProperty('message', expect.stringContaining(words));
  });

  it('calls no key safe to retire when row level security came to hide secrets in mid-run', async () => {
    await database.query('create schema guarded; create table guarded.users (id bigint primary key, totp_secret text)');
    await database.query(
      `grant usage on schema guarded to ${role.name}; grant select, update on guarded.users to ${role.name}`,
    );
    await database.query('insert into guarded.users values (1, $1)', [tokenOf(old, secretOf(1))]);
    const url = new URL(role.url);
    url.searchParams.set('options', '-c search_path=guarded');
    const beforeBatch = async (): Promise<void> => {
      await database.query('alter table guarded.users enable row level security');
    };
    const result = await rotations.rotateAs(url.href, LIST, { beforeBatch });
    await database.query('drop schema guarded cascade');
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'ROW_SECURITY' },
      safeToRetirePreviousKeys: false,
    });
  });

  it('is skipped where there are no users', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=pg_catalog');
    expect(await rotations.rotateAs(url.href, LIST)).toMatchObject({
      status: 'skipped',
      error: { code: 'TABLE_NOT_FOUND', message: expect.stringMatching(/^There is no table users: another database/) },
      safeToRetirePreviousKeys: false,
    });
  });

  it('keeps to a role that may read and write the secrets and nothing else', async () => {
    await database.query(`grant select (id, totp_secret), update (totp_secret) on users to ${role.name}`);
    expect(await rotations.rotateAs(role.url, LIST)).toMatchObject({ rotated: 3 * EACH });
    await database.query(`revoke update (totp_secret) on users from ${role.name}`);
    expect(await rotations.rotateAs(role.url, LIST, { isDryRun: true })).toMatchObject({ alreadyCurrent: 4 * EACH });
    await database.query(`revoke all on users from ${role.name}`);
  });

  it('shows no secret in what the server could log: they travel as parameters', async () => {
    await database.query(`
      create function refuse_some() returns trigger language plpgsql as $$
      begin
        raise exception 'statement: %', current_query();
      end $$`);
    await database.query('create trigger refuse before update on users for each row execute function refuse_some()');
    const result = await rotations.rotate(LIST, { encryptPlaintext: true });
    await database.query('drop trigger refuse on users; drop function refuse_some()');
    expect(result).toMatchObject({ status: 'failed', error: { code: 'DATABASE' }, rotated: 0 });
    expect(result.error?.message).toContain('update "users" as stored');
    expect(result.error?.message).not.toContain(tokenOf(old, secretOf(1)).slice(0, 6));
  });
});
