import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TotpKeyRotationReport } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import type { FinishedCall } from '../support/command-line.js';
import { RunningCall, runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeSecretChange } from '../support/gate.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD, OLDER] = [FernetKey.generate(), FernetKey.generate(), FernetKey.generate()];
const KEYS = { TENXYTE_TOTP_ENCRYPTION_KEY: NEW, TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: `${OLD}, ${OLDER}` };

describe('tenxyte-maintenance rotate-totp-key', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const configFile = useConfigFiles();

  beforeAll(async () => {
    leaks.guard(NEW, OLD, OLDER, ...[1, 2, 3, 4].map(secretOf));
    await insertReferences(database);
  });
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    await insertUsers(
      database,
      [tokenOf(NEW, secretOf(1)), tokenOf(OLD, secretOf(2)), tokenOf(OLDER, secretOf(3)), secretOf(4)].map(
        (stored, index) => ({ id: String(index + 1), kind: 'old', stored }),
      ),
    );
  });

  const call = async (args: readonly string[], env: Readonly<Record<string, string>> = KEYS): Promise<FinishedCall> =>
    leaks.see(await runCommandLine(['rotate-totp-key', ...args], { DATABASE_URL: database.url, ...env }));
  const secrets = async (): Promise<(string | undefined)[]> =>
    [...(await storedSecrets(database)).values()].map((stored) => opened(NEW, stored ?? '')?.secret);

  it('rotates with the keys of the environment, shows what it did, exits 0 and leaves a record', async () => {
    const { exitCode, stdout, stderr } = await call([]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^totp-key-rotation [0-9a-f-]+: 1 TOTP secret is not encrypted/);
    expect(stdout).toMatch(/^under the first key already +1$/m);
    expect(stdout).toMatch(/^brought under the first key +2$/m);
    expect(stdout).toMatch(/^plain, left as they are +1$/m);
    expect(stdout).toMatch(/^The previous keys can be retired: no secret needs one\.$/m);
    expect(stdout).toMatch(/^succeeded: rolling in /m);
    expect(await secrets()).toEqual([secretOf(1), secretOf(2), secretOf(3), undefined]);
    expect(await recordedRuns(database)).toMatchObject([
      { task: 'totp-key-rotation', trigger: 'cli', status: 'succeeded' },
    ]);
  });

  it('does so at once, and encrypts plain secrets, when it is told to', async () => {
    const { exitCode, stdout } = await call(['--atomic', '--encrypt-plaintext', '--json']);
    const report: TotpKeyRotationReport = JSON.parse(stdout);
    expect({ exitCode, ...report }).toMatchObject({ exitCode: 0, mode: 'atomic', rotated: 2, encryptedPlaintext: 1 });
    expect(await secrets()).toEqual([1, 2, 3, 4].map(secretOf));
  });

  it('changes nothing in a dry run, and leaves no schema', async () => {
    const before = await storedSecrets(database);
    const { exitCode, stdout } = await call(['--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^would come under the first key +2$/m);
    expect(stdout).toContain('dry run: nothing was changed');
    expect(await storedSecrets(database)).toEqual(before);
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  it('exits 3 and names the users whose secret no key opens', async () => {
    const { exitCode, stdout, stderr } = await call([], { TENXYTE_TOTP_ENCRYPTION_KEY: NEW });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^opened by none of the keys: users 2, 3$/m);
    expect(stderr).toMatch(/rotate-totp-key partial \(TOTP_UNDECRYPTABLE\): 2 secrets are opened by none of the keys/);
  });

  it('takes the keys of a config file, and refuses two places that differ', async () => {
    const config = configFile(`export default { totp: { keys: ${JSON.stringify([NEW, OLD, OLDER])} } };`);
    expect((await call(['--config', config, '--dry-run'], {})).exitCode).toBe(0);
    expect((await call(['--config', config, '--dry-run'])).exitCode).toBe(0);
    const { exitCode, stderr } = await call(['--config', config], { TENXYTE_TOTP_ENCRYPTION_KEY: OLD });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('give different keys, or the same in another order');
  });

  it.each([
    ['without keys', {}, 'No TOTP key was given'],
    [
      'with a key that is none',
      { TENXYTE_TOTP_ENCRYPTION_KEY: OLD.slice(2) },
      'TENXYTE_TOTP_ENCRYPTION_KEY is a text of 42 characters that is no key',
    ],
    [
      'with a previous key that is none',
      { TENXYTE_TOTP_ENCRYPTION_KEY: NEW, TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: `${OLD},${OLDER.slice(2)}` },
      'Key 2 of the 2 in TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS is no key',
    ],
    ['with previous keys alone', { TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: OLD }, 'the key that encrypts, is not'],
    [
      'with one key twice',
      { TENXYTE_TOTP_ENCRYPTION_KEY: NEW, TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: NEW },
      'totp.keys.0 is a key that is listed twice',
    ],
  ])(
    'is refused %s: exit 2, nothing touched, no key shown',
    async (_, env: Readonly<Record<string, string>>, message) => {
      leaks.guard(OLD.slice(2), OLDER.slice(2));
      const before = await storedSecrets(database);
      const { exitCode, stderr } = await call([], env);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(message);
      expect(await storedSecrets(database)).toEqual(before);
    },
  );

  it('stops at a SIGTERM between two batches and exits 6', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({
      id: String(index + 1),
      kind: 'old' as const,
      stored: tokenOf(OLD, secretOf(1)),
    }));
    await insertUsers(database, many);
    const gate: Gate = await gateBeforeSecretChange(database, '1500');
    const running = new RunningCall(['rotate-totp-key'], { DATABASE_URL: database.url, ...KEYS });
    await gate.reached();
    running.kill('SIGTERM');
    await running.saysOnStderr('SIGTERM: stopping after the batch in flight');
    await gate.remove();
    const { exitCode, stdout } = leaks.see(await running.finished);
    expect(exitCode).toBe(6);
    expect(stdout).toContain('Keep the previous keys');
    expect((await call([])).exitCode).toBe(0);
  });
});

describe('tenxyte-maintenance generate-totp-key', () => {
  it('prints a new key and nothing else, with no database', async () => {
    const [one, other] = [await runInOwnProcess(['generate-totp-key']), await runInOwnProcess(['generate-totp-key'])];
    expect({ ...one, isKey: FernetKey.isValid(one.stdout.trim()), stdout: '' }).toEqual({
      exitCode: 0,
      signal: null,
      stdout: '',
      stderr: '',
      isKey: true,
    });
    expect(one.stdout === other.stdout).toBe(false);
  });

  it('prints one JSON document with --json', async () => {
    const { stdout } = await runCommandLine(['generate-totp-key', '--json']);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['key']);
  });
});
