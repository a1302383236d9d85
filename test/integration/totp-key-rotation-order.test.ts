import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { runCommandLine } from '../support/command-line.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD, OLDER] = [FernetKey.generate(), FernetKey.generate(), FernetKey.generate()];
const REVERSED = {
  status: 'failed',
  rotated: 0,
  total: 0,
  safeToRetirePreviousKeys: false,
  error: { code: 'KEY_ORDER_REVERSED' },
};

describe('replicas with the same keys in opposite orders', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  const apps: MaintenanceApp[] = [];

  beforeAll(() => leaks.guard(NEW, OLD, OLDER, ...[1, 2, 3].map(secretOf)));
  beforeEach(() =>
    insertUsers(
      database,
      [1, 2, 3].map((number) => ({ id: String(number), kind: 'old' as const, stored: tokenOf(OLD, secretOf(number)) })),
    ),
  );
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  const replica = async (...keys: string[]): Promise<MaintenanceApp['maintenance']> => {
    const schedule = { cleanup: false, agentHeartbeat: false, totpKeyRotation: false } as const;
    const app = await maintenanceApp(database.url, { options: { totp: { keys }, schedule }, logger: leaks.logger });
    apps.push(app);
    return app.maintenance;
  };
  const underKeys = async (): Promise<(string | undefined)[]> => {
    const names = [
      ['new', NEW],
      ['old', OLD],
      ['older', OLDER],
    ] as const;
    return [...(await storedSecrets(database)).values()].map(
      (stored) => names.find(([, key]) => opened(key, stored ?? '') !== undefined)?.[0],
    );
  };
  const rotateTimes = async (times: number): Promise<void> => {
    const [one, other] = [await replica(NEW, OLD), await replica(OLD, NEW)];
    for (let time = 0; time < times; time += 1) {
      leaks.see(await one.rotateTotpKeys());
      leaks.see(await other.rotateTotpKeys());
    }
  };

  it('do not bring the secrets to and fro', async () => {
    const before = await replica(OLD);
    expect(await before.rotateTotpKeys()).toMatchObject({ status: 'succeeded', alreadyCurrent: 3 });
    await rotateTimes(2);
    expect(await underKeys()).toEqual(['new', 'new', 'new']);
    const other = await replica(OLD, NEW);
    expect(leaks.see(await other.rotateTotpKeys())).toMatchObject(REVERSED);
    expect(leaks.see(await other.rotateTotpKeys({ dryRun: true }))).toMatchObject(REVERSED);
    expect(leaks.see(await other.rotateTotpKeys({ mode: 'atomic' }))).toMatchObject(REVERSED);
  });

  it('swing back at most once where no run was recorded before', async () => {
    await rotateTimes(3);
    expect(await underKeys()).toEqual(['old', 'old', 'old']);
    expect(await (await replica(NEW, OLD)).rotateTotpKeys()).toMatchObject(REVERSED);
  });

  it.each([
    ['rolling', REVERSED],
    ['atomic', { status: 'succeeded' }],
  ] as const)('are known from a run that failed, as far as it wrote anything (%s)', async (mode, expected) => {
    const users = Array.from({ length: 2_500 }, (_, index) => String(index + 1));
    await insertUsers(
      database,
      users.map((id) => ({ id, kind: 'old', stored: tokenOf(OLD, secretOf(1)) })),
    );
    await (await replica(OLD)).rotateTotpKeys();
    await database.query(`
      create function host() returns trigger language plpgsql as 'begin raise exception $host$no$host$; end';
      create trigger host before update on users for each row when (old.id = 2500) execute function host()`);
    const failed = await (await replica(NEW, OLD)).rotateTotpKeys({ mode });
    await database.query('drop function host() cascade');
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'DATABASE' } });
    expect(failed.rotated > 0).toBe(mode === 'rolling');
    expect(await (await replica(OLD, NEW)).rotateTotpKeys()).toMatchObject(expected);
  });

  it('go back on purpose when they are told to, once, and the other way is the reversed one then', async () => {
    await (await replica(OLD)).rotateTotpKeys();
    await (await replica(NEW, OLD)).rotateTotpKeys();
    const back = await replica(OLD, NEW);
    expect(await back.rotateTotpKeys()).toMatchObject(REVERSED);
    expect(await back.rotateTotpKeys({ force: true })).toMatchObject({ status: 'succeeded', rotated: 3, force: true });
    expect(await underKeys()).toEqual(['old', 'old', 'old']);
    expect(await back.rotateTotpKeys()).toMatchObject({ status: 'succeeded', alreadyCurrent: 3 });
    expect(await (await replica(NEW, OLD)).rotateTotpKeys()).toMatchObject(REVERSED);
  });

  it('go back for good also when everything was under the key already', async () => {
    await (await replica(OLD)).rotateTotpKeys();
    await (await replica(NEW, OLD)).rotateTotpKeys();
    await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
    const back = await replica(OLD, NEW);
    expect(await back.rotateTotpKeys({ force: true })).toMatchObject({ rotated: 0, alreadyCurrent: 1 });
    expect(await back.rotateTotpKeys()).toMatchObject({ status: 'succeeded' });
  });

  it('are not taken for a rotation to a new key, nor for one of three keys after another', async () => {
    await (await replica(OLDER)).rotateTotpKeys();
    expect(await (await replica(OLD, OLDER)).rotateTotpKeys()).toMatchObject({
      status: 'succeeded',
      alreadyCurrent: 3,
    });
    expect(await (await replica(NEW, OLD, OLDER)).rotateTotpKeys()).toMatchObject({ status: 'succeeded', rotated: 3 });
    expect(await (await replica(NEW)).rotateTotpKeys()).toMatchObject({ status: 'succeeded', alreadyCurrent: 3 });
    expect(await (await replica(OLD, NEW, OLDER)).rotateTotpKeys()).toMatchObject(REVERSED);
  });

  it('are told on the command line what to do, and no flag that goes on', async () => {
    await (await replica(OLD)).rotateTotpKeys();
    await (await replica(NEW, OLD)).rotateTotpKeys();
    const env = {
      DATABASE_URL: database.url,
      TENXYTE_TOTP_ENCRYPTION_KEY: OLD,
      TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: NEW,
    };
    const refused = leaks.see(await runCommandLine(['rotate-totp-key'], env));
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /KEY_ORDER_REVERSED.*another key took its place on \d{4}-\d\d-\d\d.*Give every process the newest key first/s,
    );
    expect(refused.stderr).not.toContain('--force');
    const forced = leaks.see(await runCommandLine(['rotate-totp-key', '--force'], env));
    expect(forced.exitCode).toBe(0);
    expect(await underKeys()).toEqual(['old', 'old', 'old']);
  });
});
