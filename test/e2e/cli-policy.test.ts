import { describe, expect, it } from '@jest/globals';
import { runCommandLine, useConfigFiles } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';

describe('tenxyte-maintenance policy', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  const policy = (...args: string[]) => runCommandLine(['policy', ...args], { DATABASE_URL: database.url });
  const withRules = (): string =>
    configFile(`export default { retention: { rules: [
      { target: 'audit_logs', actions: ['login'], days: 400 },
      { target: 'audit_logs', applicationIds: [3], days: 30, priority: 10 },
    ] } }`);

  it('explain tells the rule that holds, its cutoff, and the others that match', async () => {
    const args = [
      'explain',
      '--target',
      'audit_logs',
      '--action',
      'login',
      '--application',
      '3',
      '--config',
      withRules(),
    ];
    const { exitCode, stdout, stderr } = await policy(...args, '--created', '2020-01-01');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^audit_logs: retention\.rules\.1, application 3, priority 10 holds, which keeps 30 days\n/);
    expect(stdout).toMatch(
      /^holds +retention\.rules\.1, application 3, priority 10 +30 days +\d{4}-\d\d-\d\d [\d:]{8}$/m,
    );
    expect(stdout).toMatch(/^2\. +retention\.rules\.0, action login +400 days /m);
    expect(stdout).toMatch(/^3\. +the default +365 days /m);
    expect(stdout).toContain('The row has been due since 2020-01-31T00:00:00.000000Z.');
    expect(stdout).toMatch(/decided by the options, as of \S+Z\n$/);
  });

  it('explain gives programs one document, and changes nothing', async () => {
    const { exitCode, stdout } = await policy('explain', '--target', 'refresh_tokens', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      task: 'policy explain',
      status: 'succeeded',
      winner: { index: null, days: null },
    });
    expect(await database.query(`select from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  it.each([
    [[], '--target is not given, accepted is one of login_attempts, audit_logs, refresh_tokens, magic_link_tokens'],
    [['--target', 'login_attempts', '--action', 'login'], '--action is given for login_attempts'],
    [['--target', 'audit_logs', '--application', ''], '--application is "", accepted is a whole number or a text'],
    [['--target', 'audit_logs', '--created', 'soon'], '--created is "soon", accepted is a date'],
    [
      ['--target', 'audit_logs', '--created', '2026-02-30'],
      '--created is "2026-02-30", accepted is a time that there is',
    ],
  ])('explain %j is refused in the words of the flags, before anything is connected to', async (args, sentence) => {
    const { exitCode, stderr, stdout } = await runCommandLine(['policy', 'explain', ...args, '--json'], {
      DATABASE_URL: 'postgres://nowhere.invalid/none',
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
    expect(JSON.parse(stdout)).toMatchObject({ task: 'policy explain', error: { code: 'USAGE' } });
  });

  it('document prints Markdown, and the whole policy to programs', async () => {
    const file = withRules();
    const { exitCode, stdout } = await policy('document', '--config', file);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^# Retention schedule\n/);
    expect(stdout).toContain('| audit_logs | by a rule | application 3, priority 10 | 30 days |');
    const { markdown, ...schedule } = JSON.parse(
      (await policy('document', '--config', file, '--json')).stdout,
    ) as Record<string, unknown>;
    expect(schedule).toMatchObject({ task: 'policy document', decidedBy: 'options' });
    expect(markdown).toMatch(/^# Retention schedule\n/);
  });
});
