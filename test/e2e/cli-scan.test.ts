import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DependencyScanReport } from '../../src/index.js';
import { advisories, answer, hang, LODASH_ADVISORY, useAdvisoryServer } from '../support/advisory-server.js';
import type { FinishedCall } from '../support/command-line.js';
import { runCommandLine, runInOwnProcess, RunningCall, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { recordedRuns } from '../support/recorded-runs.js';
import {
  isAtWork,
  NODE_PATH,
  NPM_LOCK,
  processIds,
  useScannedProjects,
  YARN_LOCK,
} from '../support/scanned-project.js';
import { useTestDatabase } from '../support/test-database.js';

describe('tenxyte-maintenance scan-dependencies', () => {
  const server = useAdvisoryServer();
  const configFile = useConfigFiles();
  const { project, commands, env, file } = useScannedProjects();
  let call: RunningCall | undefined;

  beforeEach(() => server.answerWith(advisories({ lodash: [LODASH_ADVISORY] })));
  afterEach(async () => {
    call?.kill('SIGKILL');
    await call?.finished;
    call = undefined;
  });

  const variables = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
    ({ ...env({ npm_config_registry: server.url }), ...more }) as Record<string, string>;
  const scan = (...args: string[]): Promise<FinishedCall> =>
    runCommandLine(['scan-dependencies', ...args], variables());

  it('needs no database, shows what it found, and exits 5', async () => {
    const { exitCode, stdout, stderr } = await runInOwnProcess(['scan-dependencies', '--cwd', project()], variables());
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/^severity  package  versions  fix  advisory             title$/m);
    expect(stdout).toMatch(/^high      lodash   <4\.17\.21  no   GHSA-35jh-r3h4-6jhm  Command Injection in lodash$/m);
    expect(stdout).toMatch(
      /^vulnerable: 1 high by npm audit of package-lock\.json in .* \(run [0-9a-f-]{36} at .*\)$/m,
    );
    expect(stderr).toMatch(
      /^dependency-scan [0-9a-f-]{36}: high vulnerability in lodash <4\.17\.21: Command Injection/m,
    );
    expect(stderr).toMatch(/^tenxyte-maintenance: scan-dependencies found 1 known vulnerability at or above high\.$/m);
  });

  it('refuses a folder whose code would be run, unless it is trusted', async () => {
    const folder = project({ 'yarn.lock': YARN_LOCK, '.yarnrc.yml': 'yarnPath: x.cjs\n' });
    const path = { PATH: `${commands({ yarn: '' })}:${NODE_PATH}` };
    const scanFolder = (...args: string[]): Promise<FinishedCall> =>
      runCommandLine(['scan-dependencies', '--cwd', folder, ...args], variables(path));
    const refused = await scanFolder();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^tenxyte-maintenance: scan-dependencies failed \(SCAN_UNKNOWN\): .* is not trusted, and \.yarnrc\.yml there could run code .*: it sets yarnPath\. Nothing was run\. /,
    );
    const trusted = await scanFolder('--trust-project');
    expect({ exitCode: trusted.exitCode, stderr: trusted.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(trusted.stdout).toMatch(/^clean: no known vulnerabilities by yarn audit of yarn\.lock /m);
  });

  it('exits 0 with what is below the level', async () => {
    const { exitCode, stdout, stderr } = await scan('--cwd', project(), '--level', 'critical');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^vulnerable: 1 high /m);
  });

  it('exits 0 when there is nothing, and prints one document with --json', async () => {
    server.answerWith(advisories({}));
    const { exitCode, stdout, stderr } = await scan('--cwd', project(), '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report: DependencyScanReport = JSON.parse(stdout);
    expect(report).toMatchObject({ task: 'dependency-scan', status: 'succeeded', verdict: 'clean', level: 'high' });
  });

  it('exits 1 with the reason when it cannot tell, and shows no secret', async () => {
    server.answerWith(answer(500, `{"error":"env-secret rc-secret url-secret"}`));
    const folder = project({ 'package-lock.json': NPM_LOCK, '.npmrc': '//elsewhere/:_authToken=rc-secret\n' });
    const secrets = variables({ npm_config_registry: `http://u:url-secret@${server.host}/`, NPM_TOKEN: 'env-secret' });
    for (const args of [[], ['--json']]) {
      const { exitCode, stdout, stderr } = await runCommandLine(
        ['scan-dependencies', '--cwd', folder, ...args],
        secrets,
      );
      expect(exitCode).toBe(1);
      expect(stdout).toContain('unknown');
      expect(stderr).toBe(
        'tenxyte-maintenance: scan-dependencies failed (SCAN_UNKNOWN): npm audit failed: the registry answered with HTTP 500.\n',
      );
      expect(stdout).not.toMatch(/secret/);
    }
  });

  it('takes the level, the folder and the allow-list of the config file', async () => {
    const allow = [{ id: 'GHSA-35jh-r3h4-6jhm', reason: 'looked at', expires: '9999-12-31' }];
    const config = configFile(
      `export default { dependencyScan: ${JSON.stringify({ cwd: project(), level: 'low', allow })} };`,
    );
    const { exitCode, stdout } = await scan('--config', config);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^allowed until 9999-12-31: GHSA-35jh-r3h4-6jhm \(high\) in lodash: looked at$/m);
    expect(stdout).toMatch(/^clean: no known vulnerabilities by npm audit of package-lock\.json /m);
  });

  it.each([
    [['--level', 'info'], '--level is "info", accepted is one of low, moderate, high, critical'],
    [['--level', 'low', '--level', 'high'], '--level is given twice, accepted is once'],
    [['--cwd', ''], '--cwd is "", accepted is the path of a folder'],
    [['--dry-run'], "unknown option '--dry-run'; see tenxyte-maintenance --help"],
  ])('refuses %j with 2', async (args, sentence) => {
    expect(await scan(...args)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `tenxyte-maintenance: ${sentence}.\n`,
    });
  });

  it('says in its help that it needs no database', async () => {
    const { exitCode, stdout } = await scan('--help');
    expect(exitCode).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /--level <level> .*--cwd <folder> .*--trust-project .*without either no record is left/,
    );
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s kills the package manager and exits 6', async (signal) => {
    const ids = file('ids');
    const npm = `
      process.on('SIGTERM', () => undefined);
      require('node:fs').writeFileSync(${JSON.stringify(ids)}, process.pid + '\\n');
      setInterval(() => undefined, 1000);`;
    call = new RunningCall(
      ['scan-dependencies', '--json', '--cwd', project()],
      variables({ PATH: `${commands({ npm })}:${NODE_PATH}` }),
    );
    const [manager = 0] = await eventually(async () => processIds(ids, 1));
    call.kill(signal);
    const { exitCode, stdout, stderr } = await call.finished;
    expect({ exitCode, report: JSON.parse(stdout) as object }).toMatchObject({
      exitCode: 6,
      report: { status: 'stopped', verdict: 'unknown' },
    });
    expect(stderr).toContain(`${signal}: stopping the package manager`);
    expect(await eventually(async () => !isAtWork(manager))).toBe(true);
  });

  it('gives up after the time limit of the config file', async () => {
    server.answerWith(hang);
    const config = configFile('export default { dependencyScan: { timeoutMs: 1000 } };');
    const { exitCode, stderr } = await scan('--config', config, '--cwd', project());
    expect(exitCode).toBe(1);
    expect(stderr).toContain('npm audit did not end within 1 s and was killed');
  });

  describe('with a database', () => {
    const database = useTestDatabase();

    it('leaves a record', async () => {
      const { exitCode, stderr } = await runCommandLine(
        ['scan-dependencies', '--cwd', project()],
        variables({ DATABASE_URL: database.url }),
      );
      expect(exitCode).toBe(5);
      expect(stderr.match(/high vulnerability in lodash/g)).toHaveLength(1);
      expect(await recordedRuns(database)).toMatchObject([
        { task: 'dependency-scan', trigger: 'cli', status: 'succeeded', report: { verdict: 'vulnerable' } },
      ]);
    });
  });
});
