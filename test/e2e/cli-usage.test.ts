import { describe, expect, it } from '@jest/globals';
import { CLEANUP_TARGET_NAMES, CLEANUP_TARGETS } from '../../src/cleanup/targets/cleanup-targets.js';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';

/** Nothing listens there: whatever gets as far as connecting fails with exit code 1, not 2. */
const UNREACHABLE = { DATABASE_URL: 'postgres://somebody:hidden-word@127.0.0.1:1/nowhere' };

const DAYS = 'accepted is a whole number of days from 0 to 36500 (0 = keep forever)';
const ALL_TARGETS = CLEANUP_TARGET_NAMES.join(', ');
const OPT_IN_TARGETS = 'webauthn_challenges, agent_pending_actions, organization_invitations';

async function expectRefused(
  args: readonly string[],
  sentence: string,
  env: Readonly<Record<string, string>> = UNREACHABLE,
) {
  const call = await runCommandLine(args, env);
  expect(call).toEqual({ exitCode: 2, signal: null, stdout: '', stderr: `tenxyte-maintenance: ${sentence}.\n` });
}

describe('wrong usage of the command line', () => {
  it.each([
    'abc',
    '1.5',
    '-1',
    'NaN',
    '1e3',
    '',
    ' 5',
    '36501',
    '99999999999999999999',
    '007',
    '+5',
    '0x10',
    'Infinity',
  ])('refuses %j as a number of days', async (days) => {
    await expectRefused(
      ['cleanup', '--login-attempts-days', days],
      `--login-attempts-days is ${JSON.stringify(days)}, ${DAYS}`,
    );
  });

  it.each([
    [['cleanup', '--audit-log-days=-1'], `--audit-log-days is "-1", ${DAYS}`],
    [
      ['cleanup', '--audit-log-days', '1', '--audit-log-days', '2'],
      '--audit-log-days is given twice, accepted is once',
    ],
    [
      ['cleanup', '--max-duration', '1.5'],
      '--max-duration is "1.5", accepted is a whole number of seconds from 0 to 86400 (0 = no limit), or as 90s, 2m or 1h',
    ],
    [['cleanup', '--max-duration', '1', '--max-duration', '2'], '--max-duration is given twice, accepted is once'],
    [['cleanup', '--only', ''], `--only is "", accepted is a comma-separated list of ${ALL_TARGETS}`],
    [['cleanup', '--include', ' , '], `--include is " , ", accepted is a comma-separated list of ${OPT_IN_TARGETS}`],
    [
      ['cleanup', '--only', 'otp_codes', '--include', 'webauthn_challenges'],
      '--include is webauthn_challenges, which --only excludes, accepted is a target that --only names as well',
    ],
    [
      ['cleanup', '--only', 'otp_codes', '--login-attempts-days', '5'],
      '--login-attempts-days is given although --only excludes login_attempts, accepted is login_attempts in --only, or no --login-attempts-days',
    ],
    [['cleanup', '--sudo'], "unknown option '--sudo'; see tenxyte-maintenance --help"],
    [['cleanup', '--dry-rum'], "unknown option '--dry-rum' (Did you mean --dry-run?); see tenxyte-maintenance --help"],
    [['cleanup', '--only'], "option '--only <targets>' argument missing; see tenxyte-maintenance --help"],
    [
      ['cleanup', 'now'],
      "too many arguments for 'cleanup'. Expected 0 arguments but got 1; see tenxyte-maintenance --help",
    ],
    [['doctor', '--dry-run'], "unknown option '--dry-run'; see tenxyte-maintenance --help"],
    [['sweep'], "unknown command 'sweep'; see tenxyte-maintenance --help"],
    [['cleanup', '--forc'], "unknown option '--forc'; see tenxyte-maintenance --help"],
    [['rotate-totp-key', '--encrypt-plaintex'], "unknown option '--encrypt-plaintex'; see tenxyte-maintenance --help"],
    [['scan-dependencies', '--trust-projec'], "unknown option '--trust-projec'; see tenxyte-maintenance --help"],
    [['statu'], "unknown command 'statu' (Did you mean status?); see tenxyte-maintenance --help"],
  ] as const)('refuses %j', expectRefused);

  it.each([
    [['--databse-url=postgres://somebody:hidden-word@host/db'], "unknown option '--databse-url'"],
    [['--password=hidden-word'], "unknown option '--password'"],
  ])('does not repeat what a mistyped flag was given: %j', async (args, sentence) => {
    await expectRefused(['cleanup', ...args], `${sentence}; see tenxyte-maintenance --help`);
  });

  it('does not repeat a URL that stands where the command should', async () => {
    await expectRefused(
      ['postgres://somebody:hidden-word@host/db'],
      'unknown command that looks like a URL; see tenxyte-maintenance --help',
    );
  });

  it('gives a failure as one JSON document with --json, beside the sentence on standard error', async () => {
    const call = await runInOwnProcess(['cleanup', '--json', '--only', ''], UNREACHABLE);
    const message = `--only is "", accepted is a comma-separated list of ${ALL_TARGETS}.`;
    expect(JSON.parse(call.stdout)).toEqual({
      task: 'cleanup',
      status: 'failed',
      error: { code: 'USAGE', retryable: false, message },
    });
    expect(call).toMatchObject({ exitCode: 2, stderr: `tenxyte-maintenance: ${message}\n` });
  });

  it('gives a failure without a command as a JSON document without a task', async () => {
    const { exitCode, stdout } = await runCommandLine(['sweep', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ task: null, status: 'failed', error: { code: 'USAGE' } });
  });
});

describe('the address of the database', () => {
  const FORM = 'postgres://user:password@host:5432/database';
  const UNREADABLE = `cannot be read as a URL: write it as ${FORM}, with special characters of the user and the password percent-encoded (@ is %40, / is %2F)`;

  it.each([{}, { DATABASE_URL: '' }])('is needed: %j', async (env) => {
    await expectRefused(['cleanup'], `No database was given: set DATABASE_URL or --database-url, as ${FORM}`, env);
    await expectRefused(['doctor'], `No database was given: set DATABASE_URL or --database-url, as ${FORM}`, env);
  });

  it.each([
    'nonsense',
    'postgres://somebody:hidden/word@host/db',
    'postgres://somebody:12/hidden@host/db',
    'postgres://somebody:12?hidden@host/db',
    'postgres://somebody:hidden#word@host/db',
    'postgres://somebody:hidden%word@host/db',
  ])('is refused without being shown when it cannot be read: %s', async (url) => {
    await expectRefused(['cleanup', '--database-url', url], `--database-url ${UNREADABLE}`);
    await expectRefused(['cleanup'], `DATABASE_URL ${UNREADABLE}`, { DATABASE_URL: url });
  });

  it('is refused when it is none of PostgreSQL', async () => {
    await expectRefused(
      ['cleanup', '--database-url', 'mysql://somebody:hidden-word@host/db'],
      `--database-url is no PostgreSQL URL: write it as ${FORM}`,
    );
  });
});

describe('the config file', () => {
  const configFile = useConfigFiles();

  it.each([
    ['an option that there is none of', 'export default { dataSource: "other" }', 'dataSource is not an option'],
    ['a retention out of range', 'export default { retention: { auditLogDays: -1 } }', 'retention.auditLogDays is -1'],
    [
      'a retention outside its bounds',
      'export default { retentionBounds: { auditLogDays: { maxDays: 30 } } }',
      'auditLogDays is 365',
    ],
    ['an unknown entity', 'export default { entities: { Sessions: class {} } }', 'entities.Sessions is no entity'],
    [
      'an entity that is no class',
      'export default { entities: { AuditLog: "audit" } }',
      'entities.AuditLog is "audit"',
    ],
    ['no default export', 'export const retention = {}', 'gives undefined as its default export'],
    ['a default export of another kind', 'export default [1]', 'gives a list as its default export'],
    ['a function that gives nothing', 'export default async () => null', 'gives null as its default export'],
    [
      'a function that throws',
      'export default () => { throw new Error("no such flag") }',
      'could not be loaded: no such flag',
    ],
    ['a syntax error', 'export default {', 'could not be loaded: Unexpected end of input'],
  ])('is refused with %s', async (_, source, sentence) => {
    const { exitCode, stdout, stderr } = await runCommandLine(['cleanup', '--config', configFile(source)], UNREACHABLE);
    expect({ exitCode, stdout, lines: stderr.split('\n').length }).toEqual({ exitCode: 2, stdout: '', lines: 2 });
    expect(stderr).toContain(sentence);
  });

  it.each([
    [['--config', 'missing.mjs'], {}, '"missing.mjs"'],
    [['--config', ''], {}, '""'],
    [[], { TENXYTE_MAINTENANCE_CONFIG: 'missing.mjs' }, '"missing.mjs"'],
  ])('is refused when it does not exist: %j %j', async (args, env, shown) => {
    await expectRefused(['doctor', ...args], `The config file ${shown} does not exist`, { ...UNREACHABLE, ...env });
  });
});

describe('help', () => {
  it('lists the commands and the exit codes', async () => {
    const { exitCode, stdout, stderr } = await runInOwnProcess(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}cleanup .*^ {2}doctor /ms);
    expect(stdout).toMatch(/^ {2}2 {2}wrong usage or configuration, or another policy than an application's;$/m);
  });

  it('of cleanup says what goes from every target, the defaults and the meaning of 0', async () => {
    const { exitCode, stdout } = await runCommandLine(['cleanup', '--help']);
    expect(exitCode).toBe(0);
    for (const { name, summary } of CLEANUP_TARGETS) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(` ${name} ${summary}`);
    }
    expect(stdout).toContain('older than loginAttemptsDays (default 90, 0 = forever)');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'days to keep audit log entries, 0 = forever (default: what the config file says, else 365)',
    );
    expect(stdout).toContain('\nExit codes: see tenxyte-maintenance --help\n');
  });

  it('of doctor names the flags of every command', async () => {
    const { exitCode, stdout } = await runCommandLine(['doctor', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/--database-url <url>.*--config <file>.*--json.*--help/s);
  });
});
