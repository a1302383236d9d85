import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { runCommandLine } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { gateBeforeSecretChange } from '../support/gate.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { useTestDatabase } from '../support/test-database.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';
import { countOf, SEED } from './random-choices.js';

const USERS = 6_000;
/** Where to kill, each a place within one of as many equal parts. */
const PLACES = fc.sample(fc.integer({ min: 0, max: 9_999 }), {
  seed: SEED,
  unbiased: true,
  numRuns: countOf({ sample: 6, full: 40 }),
});
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const users = Array.from({ length: USERS }, (_, index) => ({
  id: String(index + 1),
  kind: 'old' as const,
  stored: tokenOf(OLD, secretOf(index + 1)),
}));

describe('a rotation of TOTP keys that is killed', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const env = {
    TENXYTE_TOTP_ENCRYPTION_KEY: NEW,
    TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: OLD,
  };

  beforeAll(async () => {
    leaks.guard(NEW, OLD, ...users.map(({ id }) => secretOf(Number(id))));
    await insertUsers(database, users);
  });

  /** Kills a rotation when it has come to a user, in the middle of a statement. */
  const killAt = async (userId: string, ...flags: string[]): Promise<void> => {
    const gate = await gateBeforeSecretChange(database, userId);
    const child = spawn(process.execPath, ['dist/cli/main.js', 'rotate-totp-key', ...flags], {
      env: { ...process.env, ...env, DATABASE_URL: database.url },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const backend = await gate.reached();
    child.kill('SIGKILL');
    expect((await exited)[1]).toBe('SIGKILL');
    await gate.open();
    await eventually(
      async () => (await database.query('select 1 from pg_stat_activity where pid = $1', [backend])).length === 0,
    );
    await gate.remove();
    await database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second'`);
  };
  const lost = async (): Promise<string[]> =>
    [...(await storedSecrets(database))]
      .filter(
        ([id, stored]) => (opened(NEW, stored ?? '') ?? opened(OLD, stored ?? ''))?.secret !== secretOf(Number(id)),
      )
      .map(([id]) => id);
  const underTheOldKey = async (): Promise<string[]> =>
    [...(await storedSecrets(database))]
      .filter(([, stored]) => opened(OLD, stored ?? '') !== undefined)
      .map(([id]) => id);

  it('leaves every secret as it was when it was atomic', async () => {
    const before = await storedSecrets(database);
    await killAt(String(USERS - 10), '--atomic');
    expect(await storedSecrets(database)).toEqual(before);
  });

  it('loses no secret at any random point, and the next run comes to the end', async () => {
    for (const [kill, place] of PLACES.entries()) {
      const left = await underTheOldKey();
      const share = (kill + place / 10_000) / PLACES.length;
      // Of what is left, so that each run gets a little further.
      await killAt(left[Math.floor((left.length - 1) * Math.min(share, 0.5))] ?? '');
      expect({ SEED, lost: await lost() }).toEqual({ SEED, lost: [] });
    }
    const { exitCode, stdout, stderr } = await runCommandLine(['rotate-totp-key', '--json'], {
      ...env,
      DATABASE_URL: database.url,
    });
    leaks.see([stdout, stderr]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', total: USERS, safeToRetirePreviousKeys: true });
    expect(await underTheOldKey()).toEqual([]);
    expect(await lost()).toEqual([]);
  });
});
