import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { runCommandLine as runOnTerminal } from '../../src/cli/command-line.js';
import { runCommandLine } from '../support/command-line.js';
import { documentedScreens, replaceScreen, unchanging } from '../support/documented-screens.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const [NEW, OLD, LOST] = [FernetKey.generate(), FernetKey.generate(), FernetKey.generate()];
/** Of the terminal that the screens are of. */
const COLUMNS = 100;
const PAST = '2020-01-01T00:00:00Z';

const database = useTestDatabase();

/** What there is in the database before each command, by the name of its screen. */
const SCENES: Readonly<Record<string, () => Promise<unknown>>> = {
  status: insertSomeRuns,
  history: insertSomeRuns,
  cleanup: insertDueRows,
  'cleanup-dry-run': insertDueRows,
  'check-heartbeats': insertSilentAgents,
  'rotate-totp-key': insertSecrets,
};

describe('the screens in the documentation', () => {
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    await runCommandLine(['migrate'], { DATABASE_URL: database.url });
    await database.query('truncate users, applications cascade');
    await insertReferences(database);
    await database.query('truncate agent_tokens cascade');
  });

  it('are there for each scene', () => {
    expect(
      documentedScreens()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(SCENES).toSorted());
  });

  it.each(documentedScreens().map((screen) => [screen.name, screen] as const))(
    'are what the command prints: %s',
    async (name, screen) => {
      await SCENES[name]?.();
      const env = {
        DATABASE_URL: database.url,
        TENXYTE_TOTP_ENCRYPTION_KEY: NEW,
        TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: OLD,
        NO_COLOR: '1',
      };
      const terminal = new FakeTerminal(COLUMNS);
      await runOnTerminal({ args: screen.args, env, stdout: terminal, stderr: new PassThrough().resume() });
      const stdout = terminal.written;
      const isToBeWritten = process.env['UPDATE_SCREENS'] !== undefined;
      if (isToBeWritten) {
        replaceScreen(screen, stdout);
      }
      expect(unchanging(isToBeWritten ? stdout : screen.output)).toBe(unchanging(stdout));
    },
  );
});

async function insertSomeRuns(): Promise<void> {
  await database.query(`insert into tenxyte_maintenance.schedules values
    ('cleanup', '0 3 * * *', 'UTC', now()), ('agent-heartbeat', '* * * * *', 'UTC', now())`);
  const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString();
  await insertRuns(database, [
    { task: 'agent-heartbeat', started_at: at(130), report: { monitored: 40, suspended: 2 } },
    {
      task: 'agent-heartbeat',
      started_at: at(70),
      status: 'failed',
      error: { code: 'PERMISSION_DENIED', message: 'permission denied for table agent_tokens' },
    },
    { task: 'cleanup', trigger: 'cli', started_at: at(35), report: { rows: 1_234, targets: [] } },
  ]);
}

async function insertDueRows(): Promise<void> {
  const many = (count: number, row: object): object[] => Array.from({ length: count }, () => row);
  await insertRows(database, 'blacklisted_tokens', many(12, { expires_at: PAST }) as never[]);
  await insertRows(database, 'otp_codes', [...many(7, { expires_at: PAST }), ...many(3, { is_used: true })] as never[]);
  await insertRows(database, 'login_attempts', many(20, { created_at: PAST }) as never[]);
}

async function insertSilentAgents(): Promise<void> {
  await insertRows(database, 'agent_tokens', [
    {
      id: 11,
      agent_id: 'crawler',
      heartbeat_required_every: 60,
      last_heartbeat_at: new Date(Date.now() - 90_000).toISOString(),
    },
    { id: 12, agent_id: 'mailer', heartbeat_required_every: 300, last_heartbeat_at: 'infinity' },
  ]);
}

async function insertSecrets(): Promise<void> {
  const stored = [
    tokenOf(NEW, secretOf(1)),
    tokenOf(OLD, secretOf(2)),
    tokenOf(OLD, secretOf(3)),
    tokenOf(LOST, secretOf(4)),
  ];
  await insertUsers(
    database,
    stored.map((secret, index) => ({ id: String(index + 1), kind: 'old', stored: secret })),
  );
}
