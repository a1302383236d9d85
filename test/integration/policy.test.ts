import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { RunTime } from '../../src/tasks/clocks.js';
import { type FinishedCall, runCommandLine, RunningCall, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { type MaintenanceApp, maintenanceApp, type MaintenanceAppOptions } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

type Options = NonNullable<MaintenanceAppOptions['options']>;

const KEEPING = {
  retention: { auditLogDays: 0 },
  retentionBounds: { loginAttemptsDays: { minDays: 30 } },
  cleanup: { maxRowsPerTarget: 100_000 },
} as const satisfies Options;

describe('the policy of whoever works on a database', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const configFile = useConfigFiles();
  let apps: MaintenanceApp[] = [];
  let lines: string[] = [];

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    lines = [];
    await database.query('delete from audit_logs');
    await insertRows(database, 'audit_logs', [{ created_at: '2001-01-01' }, { created_at: 'now' }]);
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  const logger: LoggerService = {
    log: (text: string) => lines.push(text),
    warn: (text: string) => lines.push(`warning: ${text}`),
    error: (text: string) => lines.push(`error: ${text}`),
  };
  const start = async (options: Options, setup: Partial<MaintenanceAppOptions> = {}): Promise<MaintenanceApp> => {
    const app = await maintenanceApp(database.url, { options, logger, ...setup });
    apps.push(app);
    return app;
  };
  const end = async (app: MaintenanceApp): Promise<void> => {
    apps = apps.filter((other) => other !== app);
    await app.close();
  };
  const call = async (args: readonly string[], url = database.url): Promise<FinishedCall> =>
    runCommandLine(args, { DATABASE_URL: url });
  const config = (options: object): string => configFile(`export default ${JSON.stringify(options)}`);
  const auditRows = async (): Promise<number> => (await database.query('select from audit_logs')).length;
  const policyCheck = async (app: MaintenanceApp): Promise<unknown> =>
    (await app.maintenance.doctor()).checks.filter(({ name }) => name === 'policy');

  it('keeps a command line from deleting by its defaults what an application keeps', async () => {
    await start(KEEPING);
    const { exitCode, stderr } = await call(['cleanup']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('retention.auditLogDays is 365 here and 0 there');
    expect(stderr).toContain('retentionBounds.loginAttemptsDays.minDays is not set here and 30 there');
    expect(stderr).toContain('cleanup.maxRowsPerTarget is 0 here and 100000 there');
    expect(stderr).toContain('Nothing was touched');
    expect(stderr).not.toContain('--own-policy');
    expect(await auditRows()).toBe(2);
    expect(await database.query('select from tenxyte_maintenance.runs')).toEqual([]);
  });

  it('keeps it from counting so, too, and says it to programs', async () => {
    await start(KEEPING);
    const { exitCode, stdout } = await call(['cleanup', '--dry-run', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ task: 'cleanup', status: 'failed', error: { code: 'POLICY_DIFFERS' } });
  });

  it('is asked of an application that has ended, too, as long as no other one began', async () => {
    await end(await start(KEEPING));
    expect((await call(['cleanup'])).exitCode).toBe(2);
    await start({});
    expect((await call(['cleanup'])).exitCode).toBe(0);
    expect(await auditRows()).toBe(1);
  });

  it('is not taken over by a script that boots the module for a moment, with other options', async () => {
    await end(await start({ retention: { auditLogDays: 0 } }));
    await end(await start({}));
    expect((await call(['cleanup'])).exitCode).toBe(2);
    expect((await call(['cleanup', '--config', config({ retention: { auditLogDays: 0 } })])).exitCode).toBe(2);
    expect(await auditRows()).toBe(2);
  });

  it('lets a command line with the same values run, whatever their order', async () => {
    await start({ ...KEEPING, cleanup: { include: ['webauthn_challenges', 'agent_pending_actions'] } });
    const include = ['agent_pending_actions', 'webauthn_challenges'];
    const file = config({ ...KEEPING, cleanup: { include, lockTimeoutMs: 500 } });
    expect(await call(['cleanup', '--config', file])).toMatchObject({ exitCode: 0 });
    expect(await auditRows()).toBe(2);
  });

  it('keeps it from deleting by other rules than those of an application, whose rules no call overrides', async () => {
    const rule = { target: 'audit_logs', actions: ['login'], days: 'forever' };
    const retention = { auditLogDays: 365, rules: [rule] } as NonNullable<Options['retention']>;
    await start({ retention });
    const args = ['cleanup', '--audit-log-days', '400'];
    const { exitCode, stderr } = await call(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('retention.rules.audit_logs of action login is not set here and "forever" there');
    expect((await call([...args, '--config', config({ retention: { rules: [{ ...rule, days: 5 }] } })])).exitCode).toBe(
      2,
    );
    expect((await call([...args, '--config', config({ retention })])).exitCode).toBe(0);
    expect(await auditRows()).toBe(2);
  });

  it('does not compare what a person said in the call itself', async () => {
    await start({ retention: { auditLogDays: 0 } });
    expect((await call(['cleanup', '--audit-log-days', '400'])).exitCode).toBe(0);
    expect(await auditRows()).toBe(1);
    expect((await call(['cleanup', '--login-attempts-days', '400'])).exitCode).toBe(2);
  });

  it('holds the bounds against what a person said', async () => {
    await start({ retentionBounds: { loginAttemptsDays: { minDays: 90 }, auditLogDays: { maxDays: 400 } } });
    for (const days of [
      ['--login-attempts-days', '30'],
      ['--audit-log-days', '500'],
    ]) {
      const { exitCode, stderr } = await call(['cleanup', ...days, '--dry-run']);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('retentionBounds.');
    }
  });

  it('is compared again once a wait for another run is over', async () => {
    await end(await start({}));
    await insertRuns(database, [{ status: 'running', started_at: 'now', lease_expires_at: 'infinity' }]);
    const waiting = new RunningCall(['cleanup', '--wait', '60s'], { DATABASE_URL: database.url });
    await waiting.saysOnStderr('waits');
    await start({ retention: { auditLogDays: 0 } });
    await database.query(`update tenxyte_maintenance.runs set status = 'succeeded', finished_at = now()`);
    expect((await waiting.finished).exitCode).toBe(2);
    expect(await auditRows()).toBe(2);
  });

  it('is given up by a command line that is told to go by its own, which says where it differs', async () => {
    await start(KEEPING);
    const { exitCode, stderr } = await call(['cleanup', '--own-policy']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('retention.auditLogDays is 365 here and 0 there');
    expect(await auditRows()).toBe(1);
  });

  it('cannot be compared where a provider decides', async () => {
    const provided =
      'export default { retention: { useFactory: () => ({ getRetention: () => ({ auditLogDays: 0 }) }) } }';
    await start({ retention: { useFactory: () => ({ getRetention: () => ({ auditLogDays: 0 }) }) } });
    expect(await call(['cleanup'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /A provider decides how long the application .* cannot be asked here\. Boot .* --app/,
      ),
    });
    const same = ['cleanup', '--config', configFile(provided)];
    expect(await call(same)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--app') });
    expect((await call([...same, '--own-policy'])).exitCode).toBe(0);
    expect(await auditRows()).toBe(2);
  });

  it.each([
    [['check-heartbeats'], { agentHeartbeat: { massSuspensionBrake: { minAgents: 1, maxFraction: 0.5 } } }, []],
    [['check-heartbeats'], { agentHeartbeat: { expireTokens: true } }, []],
    [['rotate-totp-key'], { totp: { mode: 'atomic' } }, ['--atomic']],
    [['rotate-totp-key'], { totp: { encryptPlaintext: true } }, ['--encrypt-plaintext']],
  ] as const)('is asked of %j with %j', async (args, options, flags) => {
    await start(options);
    const env = { DATABASE_URL: database.url, TENXYTE_TOTP_ENCRYPTION_KEY: `${'A'.repeat(43)}=` };
    expect(await runCommandLine([...args, '--dry-run'], env)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('The policy is not that of the application'),
    });
    const agreed = flags.length > 0 ? flags : (['--config', config(options)] as const);
    expect((await runCommandLine([...args, '--dry-run', ...agreed], env)).exitCode).toBe(0);
    // The sections of other tasks are none of a task's business.
    expect((await runCommandLine(['cleanup', '--dry-run'], env)).exitCode).toBe(0);
  });

  it('is said to differ, in the log and by the doctor, where two applications work by two', async () => {
    const first = await start({});
    expect(await policyCheck(first)).toMatchObject([{ level: 'ok' }]);
    const second = await start({ retention: { auditLogDays: 0 } });
    const difference = 'retention.auditLogDays is 0 here and 365 there';
    expect(lines.filter((line) => line.includes(difference))).toEqual([expect.stringMatching(/^warning: /)]);
    for (const app of [first, second]) {
      expect(await policyCheck(app)).toMatchObject([
        {
          level: 'problem',
          message: expect.stringMatching(/retention\.auditLogDays is (365 here and 0|0 here and 365) there/),
        },
      ]);
    }
    expect((await call(['cleanup'])).exitCode).toBe(2);
    expect((await call(['cleanup', '--config', config({ retention: { auditLogDays: 0 } })])).exitCode).toBe(2);
  });

  it('is the new one as soon as a rolling deployment is over', async () => {
    const old = [await start({}), await start({})];
    const next = config({ retention: { auditLogDays: 0 } });
    expect((await call(['cleanup', '--config', next])).exitCode).toBe(2);
    const replacement = await start({ retention: { auditLogDays: 0 } });
    for (const replica of old) {
      expect((await call(['cleanup', '--config', next])).exitCode).toBe(2);
      await end(replica);
    }
    expect((await call(['cleanup', '--config', next])).exitCode).toBe(0);
    expect((await call(['cleanup'])).exitCode).toBe(2);
    expect(await auditRows()).toBe(2);
    expect(await policyCheck(replacement)).toMatchObject([{ level: 'ok' }]);
  });

  it('is not that of an application that was not heard of for a quarter of an hour, once another one is there', async () => {
    await start({ retention: { auditLogDays: 0 } });
    await database.query(`update tenxyte_maintenance.applications set seen_at = now() - interval '901 seconds'`);
    expect((await call(['cleanup'])).exitCode).toBe(2);
    await start({});
    expect((await call(['cleanup'])).exitCode).toBe(0);
  });

  it('is noted again and again, without keeping a process alive, and differences are said once', async () => {
    let wake: (() => void)[] = [];
    class StillTime extends RunTime {
      public override async idle(_: number, signal: AbortSignal): Promise<void> {
        await new Promise<void>((resolve) => {
          wake.push(resolve);
          signal.addEventListener('abort', () => resolve());
        });
      }
    }
    const app = await start({}, { configure: (builder) => builder.overrideProvider(RunTime).useClass(StillTime) });
    const other = await start({ retention: { auditLogDays: 0 } });
    await database.query(`update tenxyte_maintenance.applications set seen_at = seen_at - interval '10 minutes'`);
    const seen = async (): Promise<number> =>
      (
        await database.query(
          `select from tenxyte_maintenance.applications where seen_at > now() - interval '5 minutes'`,
        )
      ).length;
    for (const expected of [1, 1]) {
      const waiting = wake;
      wake = [];
      waiting.forEach((resolve) => resolve());
      await eventually(async () => (await seen()) === expected && wake.length > 0);
    }
    expect(lines.filter((line) => line.includes('retention.auditLogDays is 365 here and 0 there'))).toHaveLength(1);
    await end(other);
    const waiting = wake;
    wake = [];
    waiting.forEach((resolve) => resolve());
    await eventually(async () => (await database.query('select from tenxyte_maintenance.applications')).length === 1);
    await end(app);
    expect(await database.query('select from tenxyte_maintenance.applications where ended_at is null')).toEqual([]);
  });

  it('holds values alone, and no names of the database', async () => {
    await start({ cleanup: { acknowledge: ['app.sessions_token_fk'] }, schema: 'tenxyte_maintenance' });
    const [noted] = await database.query<{ policy: object }>('select policy from tenxyte_maintenance.applications');
    expect(JSON.stringify(noted?.policy)).not.toMatch(/app\.|sessions|tenxyte_maintenance|acknowledge|keys/);
    expect(noted?.policy).toMatchObject({ 'retention.auditLogDays': 365, 'cleanup.include': [] });
  });

  it('is refused whatever stands in the note, on one line', async () => {
    await start({});
    await database.query(
      `update tenxyte_maintenance.applications set digest = 'x', owner = E'evil\\nhost\\u001b[2J',
         policy = '{"retention.auditLogDays": "0\\n; drop", "cleanup.more": {"a": [1]}}'`,
    );
    const { exitCode, stderr } = await call(['cleanup']);
    expect(exitCode).toBe(2);
    expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
    await database.query(`update tenxyte_maintenance.applications set policy = '7'`);
    expect((await call(['cleanup'])).exitCode).toBe(2);
  });

  it('is asked of an application that is told another schema for its records, which is not known here', async () => {
    await start({ ...KEEPING, schema: 'night_watch' });
    try {
      const { exitCode, stderr } = await call(['cleanup']);
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(
          'in the schema night_watch, and this command would keep its own in tenxyte_maintenance',
        ),
      });
      expect(await auditRows()).toBe(2);
      expect(await database.query(`select from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
      expect((await call(['cleanup', '--config', config({ ...KEEPING, schema: 'night_watch' })])).exitCode).toBe(0);
      expect((await call(['cleanup', '--own-policy'])).exitCode).toBe(0);
    } finally {
      await Promise.all(apps.map((app) => app.close()));
      apps = [];
      await database.query('drop schema night_watch cascade');
    }
  });

  it('is not asked for where no application ever was, and does not keep a role from counting that may not read it', async () => {
    expect((await call(['cleanup', '--dry-run'])).exitCode).toBe(0);
    await start(KEEPING);
    await database.query(`grant select on all tables in schema public to ${role.name}`);
    expect((await call(['cleanup', '--dry-run', '--only', 'audit_logs'], role.url)).exitCode).toBe(0);
    expect(await call(['cleanup'], role.url)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('grant ') });
  });
});
