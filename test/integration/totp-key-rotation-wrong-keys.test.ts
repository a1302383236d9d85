import { beforeAll, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTotpRotations } from '../support/totp-rotation.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD, FOREIGN, LOST] = [
  FernetKey.generate(),
  FernetKey.generate(),
  FernetKey.generate(),
  FernetKey.generate(),
];
const PLAIN = 1_500;
const MODES = ['rolling', 'atomic'] as const;

describe('a rotation with the keys of another database', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const rotations = useTotpRotations(database, leaks);
  const plain = Array.from({ length: PLAIN }, (_, index) => secretOf(index));

  beforeAll(() => leaks.guard(NEW, OLD, FOREIGN, LOST, ...plain));

  const given = (secrets: readonly (string | null)[]): Promise<void> =>
    insertUsers(
      database,
      secrets.map((stored, index) => ({ id: String(index + 1), kind: 'old', stored })),
    );

  it.each(MODES)('encrypts no plain secret under them, wherever the encrypted ones stand (%s)', async (mode) => {
    // The last page has the only secret that tells.
    await given([...plain, ...Array.from({ length: 1_000 }, () => null), tokenOf(OLD, secretOf(PLAIN))]);
    const before = await storedSecrets(database);
    const result = await rotations.rotate([FOREIGN], { mode, encryptPlaintext: true });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'TOTP_KEYS_WRONG' },
      total: PLAIN + 1,
      encryptedPlaintext: 0,
      leftPlaintext: PLAIN,
      undecryptable: 1,
      undecryptableUserIds: [String(PLAIN + 1_001)],
      safeToRetirePreviousKeys: false,
    });
    expect(await storedSecrets(database)).toEqual(before);
    const rightly = await rotations.rotate([NEW, OLD], { mode, encryptPlaintext: true });
    expect(rightly).toMatchObject({ status: 'succeeded', encryptedPlaintext: PLAIN, rotated: 1 });
  });

  it.each(MODES)('encrypts plain secrets once one of a listed key is found among those of none (%s)', async (mode) => {
    await given([secretOf(0), tokenOf(LOST, secretOf(1)), tokenOf(OLD, secretOf(2))]);
    const result = await rotations.rotate([NEW, OLD], { mode, encryptPlaintext: true });
    expect(result).toMatchObject({ status: 'partial', encryptedPlaintext: 1, rotated: 1, undecryptable: 1 });
  });

  it.each(MODES)('encrypts plain secrets where there are no others (%s)', async (mode) => {
    await given([secretOf(0), null, '', secretOf(1)]);
    const result = await rotations.rotate([NEW], { mode, encryptPlaintext: true });
    expect(result).toMatchObject({ status: 'succeeded', encryptedPlaintext: 2, safeToRetirePreviousKeys: true });
    expect(opened(NEW, (await storedSecrets(database)).get('4') ?? '')?.secret).toBe(secretOf(1));
  });

  it('does not promise to encrypt them in a dry run either', async () => {
    await given([secretOf(0), tokenOf(OLD, secretOf(1))]);
    const result = await rotations.rotate([FOREIGN], { isDryRun: true, encryptPlaintext: true });
    expect(result).toMatchObject({ status: 'failed', encryptedPlaintext: 0, leftPlaintext: 1, undecryptable: 1 });
  });

  it('undoes an atomic rotation that opened nothing in the end, as the one secret that a key opened was replaced', async () => {
    await given([secretOf(0), tokenOf(OLD, secretOf(1))]);
    let looks = 0;
    // The second look at the table is that of the snapshot which tries the keys.
    const assertOwner = async (): Promise<void> => {
      looks += 1;
      if (looks === 2) {
        await database.query('update users set totp_secret = $1 where id = 2', [tokenOf(FOREIGN, secretOf(1))]);
      }
    };
    const result = await rotations.rotate([NEW, OLD], { mode: 'atomic', encryptPlaintext: true, assertOwner });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'TOTP_KEYS_WRONG', message: expect.stringContaining('every secret is as it was') },
      encryptedPlaintext: 0,
    });
    expect((await storedSecrets(database)).get('1')).toBe(secretOf(0));
  });
});
