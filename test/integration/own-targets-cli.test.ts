import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Test } from '@nestjs/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { defineCleanupTarget, type RetentionRule, TenxyteMaintenanceModule } from '../../src/index.js';
import { type FinishedCall, runCommandLine, useConfigFiles } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';

/** The one that this file has too: a config file lies in no package of its own, and TypeORM is not the newest everywhere. */
const TYPEORM = import.meta.resolve('typeorm');

@Entity({ name: 'app_sessions', schema: 'app' })
class AppSession {
  @PrimaryColumn({ type: 'int' })
  public id!: number;

  @Column({ type: 'timestamptz', name: 'ends' })
  public expiresAt!: Date;
}

const SESSIONS = defineCleanupTarget({
  name: 'app_sessions',
  entity: AppSession,
  summary: 'expired more than 30 days ago',
  dueWhen: { before: 'expiresAt', days: 30 },
  dimensions: {},
});

describe("the command line and a host's own targets", () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  let app: { close(): Promise<void> } | undefined;

  beforeAll(() => database.query('create schema app; create table app.app_sessions (id int, ends timestamptz)'));
  beforeEach(() =>
    database.query(`delete from app.app_sessions; insert into app.app_sessions values (1, '2001-01-01'), (2, now())`),
  );
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  const config = (days = 30, dimensions = '{}', rules: readonly RetentionRule[] = []): string =>
    configFile(`
      import { Column, Entity, PrimaryColumn } from ${JSON.stringify(TYPEORM)};
      class AppSession {}
      PrimaryColumn({ type: 'int' })(AppSession.prototype, 'id');
      Column({ type: 'timestamptz', name: 'ends' })(AppSession.prototype, 'expiresAt');
      Entity({ name: 'app_sessions', schema: 'app' })(AppSession);
      const dueWhen = { before: 'expiresAt', days: ${days} };
      const target = { name: 'app_sessions', entity: AppSession, summary: 'old', dueWhen, dimensions: ${dimensions} };
      export default { cleanup: { targets: [target] }, retention: { rules: ${JSON.stringify(rules)} } };`);
  const call = (...args: readonly string[]): Promise<FinishedCall> =>
    runCommandLine(['cleanup', ...args], { DATABASE_URL: database.url });
  const start = async (): Promise<void> => {
    const moduleRef = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TypeOrmModule.forFeature([AppSession]),
        TenxyteMaintenanceModule.forRoot({ cleanup: { targets: [SESSIONS] } }),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    app = await moduleRef.init();
  };

  it('cleans those of its config file', async () => {
    const { exitCode, stdout } = await call('--config', config(), '--only', 'app_sessions', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 1,
      targets: [{ name: 'app_sessions', retentionDays: 30, rows: 1 }],
    });
    expect(await database.query('select id from app.app_sessions')).toEqual([{ id: 2 }]);
  });

  it('explains the rules of one, and refuses a name that there is none of in the words of the flags', async () => {
    const rules: RetentionRule[] = [{ target: 'app_sessions', applicationIds: [7], days: 90 }];
    const file = config(30, `{ application: ['id'] }`, rules);
    const explain = (...args: readonly string[]): Promise<FinishedCall> =>
      runCommandLine(['policy', 'explain', '--config', file, '--json', ...args], { DATABASE_URL: database.url });
    const { exitCode, stdout } = await explain('--target', 'app_sessions', '--application', '7');
    expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({
      exitCode: 0,
      target: 'app_sessions',
      winner: { index: 0, rule: 'application 7', days: 90 },
      runnersUp: [{ index: null, days: 30 }],
    });
    for (const [args, sentence] of [
      [['--target', 'sessions'], '--target is "sessions", accepted is one of login_attempts, audit_logs'],
      [['--target', 'sessions'], 'magic_link_tokens, app_sessions'],
      [['--target', 'app_sessions', '--action', 'login'], '--action is given for app_sessions, accepted is given for'],
    ] as const) {
      const refused = await explain(...args);
      expect(refused.exitCode).toBe(2);
      expect(JSON.parse(refused.stdout)).toMatchObject({
        error: { code: 'USAGE', message: expect.stringContaining(sentence) },
      });
    }
  });

  it('shows them in its text', async () => {
    const { stdout } = await call('--config', config(), '--dry-run');
    expect(stdout).toMatch(/app_sessions .*\b1\b/);
  });

  it.each([
    [
      '--only',
      /--only is "sessions", accepted is one of blacklisted_tokens, .*organization_invitations, app_sessions\.$/m,
    ],
    ['--include', /--include is "sessions", accepted is one of webauthn_challenges, .*, app_sessions\.$/m],
  ])('lists them where %s names none there is', async (flag, message) => {
    const { exitCode, stderr } = await call('--config', config(), flag, 'sessions');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(message) });
    expect(await database.query('select from app.app_sessions')).toHaveLength(2);
  });

  it('is refused where an application has them otherwise', async () => {
    await start();
    const without = await call();
    expect(without.exitCode).toBe(2);
    expect(without.stderr).toContain('cleanup.targets.app_sessions is not set here and ["30 days"] there');
    const other = await call('--config', config(7));
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toContain('cleanup.targets.app_sessions is ["7 days"] here and ["30 days"] there');
    expect(await database.query('select from app.app_sessions')).toHaveLength(2);
    expect((await call('--own-policy')).exitCode).toBe(0);
    expect(await database.query('select from app.app_sessions')).toHaveLength(2);
    expect((await call('--config', config())).exitCode).toBe(0);
    expect(await database.query('select from app.app_sessions')).toHaveLength(1);
  });
});
