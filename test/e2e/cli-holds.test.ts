import { beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../support/command-line.js';
import { insertHeldWorld, insertOwnedRows, ownersLeft } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

/** Nothing listens there: whatever gets as far as connecting fails with exit code 1, not 2. */
const UNREACHABLE = { DATABASE_URL: 'postgres://somebody@127.0.0.1:1/nowhere' };
const WHO = ['--case', 'C-1', '--reason', 'a suit', '--by', 'Ann'];

describe('tenxyte-maintenance hold', () => {
  const database = useTestDatabase();
  const hold = (...args: string[]) => runCommandLine(['hold', ...args], { DATABASE_URL: database.url });

  beforeAll(() => insertHeldWorld(database));

  it('has nothing to list on a database that never saw this package, and creates nothing', async () => {
    expect(await hold('list')).toMatchObject({ exitCode: 0, stdout: 'no legal hold is in force\n', stderr: '' });
    expect(await hold('show', 'aaaaaaaa')).toMatchObject({ exitCode: 2 });
    expect(await hold('explain', '--target', 'otp_codes')).toMatchObject({ exitCode: 0 });
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  it('places, lists, shows, explains and releases', async () => {
    const owned = await insertOwnedRows(database, 'otp_codes');
    const placed = await hold('place', '--user', '1', '--target', 'otp_codes', ...WHO, '--json');
    expect(placed).toMatchObject({ exitCode: 0, stderr: '' });
    const { id } = (JSON.parse(placed.stdout) as { hold: { id: string } }).hold;
    const cleaned = await runCommandLine(['cleanup', '--only', 'otp_codes'], { DATABASE_URL: database.url });
    expect(cleaned).toMatchObject({ exitCode: 0 });
    expect(cleaned.stdout).toContain('otp_codes: 2 due rows stay, as a legal hold holds them');
    expect(await ownersLeft(database, 'otp_codes', owned)).toEqual(['ann', 'ann later']);

    expect((await hold('list')).stdout).toMatch(
      new RegExp(`${id.slice(0, 8)}  active  C-1   user 1 in otp_codes  Ann`),
    );
    expect((await hold('show', id.slice(0, 8))).stdout).toContain('comes to     1 user');
    expect((await hold('explain', '--target', 'otp_codes', '--user', '1')).stdout).toContain(
      'held: such a row is not deleted',
    );
    expect((await hold('explain', '--target', 'otp_codes', '--user', '2')).stdout).toBe(
      'no legal hold holds such a row\n',
    );
    const released = await hold('release', id.slice(0, 8), '--reason', 'settled', '--by', 'Bob');
    expect(released).toMatchObject({ exitCode: 0, stderr: '' });
    expect(released.stdout).toMatch(/^released: the hold .* stays in force until /);
    const again = await hold('release', id, '--reason', 'settled', '--by', 'Bob');
    expect(again).toMatchObject({ exitCode: 2, stdout: '' });
    expect(again.stderr).toContain('was released by Bob');
  });

  it.each([
    [['--identifiers', 'ann@example.com, bob'], { identifiers: ['ann@example.com', 'bob'] }],
    [
      ['--created-from', '2026-01-01', '--created-to', '2026-01-02T03:00+01:00', '--review', '2027-01-01T00:00:00Z'],
      {
        createdFrom: '2026-01-01T00:00:00.000000Z',
        createdTo: '2026-01-02T02:00:00.000000Z',
        reviewAt: '2027-01-01T00:00:00.000000Z',
      },
    ],
    [['--organization', '7'], { organizationId: '7' }],
    [['--everything'], { userId: null, target: null }],
  ])('places what %j names', async (flags, fields) => {
    const { exitCode, stdout } = await hold('place', ...flags, ...WHO, '--json');
    expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, hold: fields });
    const { id } = (JSON.parse(stdout) as { hold: { id: string } }).hold;
    expect(await hold('release', id, '--reason', 'over', '--by', 'Ann')).toMatchObject({ exitCode: 0 });
  });

  it('tells of a target that is held whole', async () => {
    await insertOwnedRows(database, 'otp_codes');
    const { stdout } = await hold('place', '--application', '1', ...WHO, '--json');
    const { id } = (JSON.parse(stdout) as { hold: { id: string } }).hold;
    const cleaned = await runCommandLine(['cleanup', '--only', 'otp_codes'], { DATABASE_URL: database.url });
    expect(cleaned).toMatchObject({ exitCode: 0 });
    expect(cleaned.stdout).toMatch(new RegExp(`otp_codes was skipped: held whole by .*${id}`));
  });

  it.each<[string[], string]>([
    [['place', ...WHO], 'the call is nothing that the hold names, accepted is at least one of --target'],
    [['place', '--user', '1', '--case', 'C', '--by', 'Ann'], '--reason is not given, accepted is a reason'],
    [['place', '--user', '1', '--case', 'C', '--reason', 'r'], "--by is not given, accepted is a person's name"],
    [['place', '--target', 'users', ...WHO], '--target is "users", accepted is one of'],
    [['place', '--created-from', 'soon', ...WHO], '--created-from is "soon", accepted is a date'],
    [['place', '--created-to', '2026-02-30', ...WHO], '--created-to is "2026-02-30", accepted is a date'],
    [
      ['place', '--created-to', '2026-02-31T00:00:00', ...WHO],
      '--created-to is "2026-02-31T00:00:00", accepted is a date',
    ],
    [['place', '--tenant', '1', ...WHO], "unknown option '--tenant'"],
    [['release', 'aaaaaaaa', '--by', 'Ann'], '--reason is not given'],
    [['release', 'x', '--reason', 'r', '--by', 'Ann'], 'the hold is "x", accepted is the id of a hold'],
    [['show', 'x'], 'the hold is "x", accepted is the id of a hold'],
    [['explain'], '--target is not given'],
    [['explain', '--target', 'otp_codes', '--user', 'a b'], '--user is "a b"'],
    [['show'], 'missing required argument'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { exitCode, stdout, stderr } = await hold(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('reads its times before it connects', async () => {
    const call = runCommandLine(['hold', 'place', '--review', 'x', ...WHO], UNREACHABLE);
    expect(await call).toMatchObject({ exitCode: 2 });
  });
});
