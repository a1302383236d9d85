// Runs tests on other versions than those that npm test runs on, and ends with a table of what ran:
//   npm run test:matrix -- --only 14,16 test/integration/lease.test.ts     on these majors of PostgreSQL, all of them without a flag
//   npm run test:matrix -- --node 22,24,26                                 what meets Node: units, packed package, command line, demo
//   npm run test:matrix -- --typeorm 0.3                                   what meets TypeORM
// What it needs has folders of its own, test/matrix and test/matrix/node, so that nobody downloads it who does not ask for it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const MAJORS = { postgres: ['14', '15', '16', '17', '18'], node: ['22', '24', '26'], typeorm: ['0.3'] };
/**
 * As patterns for Jest. An audit's process needs no server at all, that a role needs each of its privileges is asked hundreds of times, on
 * one version, and pages and pings go by what others have read.
 */
const NOT_ABOUT_VERSIONS = ['dependency-scan-', 'security-grants', 'dashboard', 'run-pings'];
/** What the network, the pool, the host's telemetry and its options make of a run is the same on every server. */
const NOT_ABOUT_SERVERS = [
  'health',
  'live-progress',
  'lost-answers',
  'metrics',
  'module',
  'own-properties',
  'policy',
  'pool-sizes',
  'run-events',
  'silent-network',
  'traces',
  'uncertain-counts',
  'unreachable-database',
].map((name) => `${name}\\.`);
const WHERE_TYPEORM_IS_ASKED = [`test/integration/(?!${NOT_ABOUT_VERSIONS.join('|')})`];
const WHERE_SQL_MEETS_THE_SERVER = [
  `test/integration/(?!${[...NOT_ABOUT_VERSIONS, ...NOT_ABOUT_SERVERS].join('|')})`,
  'test/crash/.*-oracle',
];
const WHERE_NODE_MATTERS = ['test/unit/', 'test/package/(?!configuration-page|documentation-links)', 'test/e2e/cli-'];
const DEMO = [
  '--disable-warning=ExperimentalWarning',
  '--import',
  '@swc-node/register/esm-register',
  'examples/demo/main.ts',
];
const NOTHING_COUNTED = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    node: { type: 'string' },
    typeorm: { type: 'string' },
    maxWorkers: { type: 'string' },
  },
  allowPositionals: true,
});
const others = [...chosen('node').map(onNode), ...chosen('typeorm').map(onTypeOrm)];
const isAboutServers = values.only !== undefined || others.length === 0;
const columns = [...(isAboutServers ? chosen('only', 'postgres').map(onPostgres) : []), ...others];

if (isAboutServers) {
  run('npm', ['ci', '--prefix', 'test/matrix', '--loglevel=error']);
}
if (values.node !== undefined) {
  run('npm', ['ci', '--prefix', 'test/matrix/node', '--ignore-scripts', '--loglevel=error']);
  run('npm', ['run', '--silent', 'build']);
}
const outcomes = columns.map(testIn);
const passed = sum(outcomes.map((outcome) => outcome.passed));
const failed = sum(outcomes.map((outcome) => outcome.failed));
console.log(`\n${outcomes.map((outcome) => outcome.line).join('\n')}\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The versions that a flag names; all of them for servers that no flag names. */
function chosen(flag, axis = flag) {
  const versions = values[flag]?.split(',') ?? (axis === 'postgres' ? MAJORS.postgres : []);
  const unknown = versions.filter((version) => !MAJORS[axis].includes(version));
  if (unknown.length > 0) {
    throw new Error(`--${flag} takes some of ${MAJORS[axis].join(',')}, not ${unknown.join(',')}`);
  }
  return versions;
}

function onPostgres(major) {
  return { name: `PostgreSQL ${major}`, env: { TENXYTE_TEST_POSTGRES: major }, patterns: WHERE_SQL_MEETS_THE_SERVER };
}

function onTypeOrm(version) {
  return { name: `TypeORM ${version}`, env: { TENXYTE_TEST_TYPEORM: version }, patterns: WHERE_TYPEORM_IS_ASKED };
}

/** Whatever is started finds that Node first, npm's own processes and those of the tests alike. */
function onNode(major) {
  const name = `node-${major}-${process.platform}-${process.arch}`;
  const bin = resolve('test', 'matrix', 'node', 'node_modules', name, 'bin');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  return { name: `Node ${major}`, env, patterns: WHERE_NODE_MATTERS, demo: join(bin, 'node') };
}

function testIn({ name, env, patterns, demo }) {
  const directory = mkdtempSync(join(tmpdir(), 'tenxyte-matrix-'));
  const startedAt = performance.now();
  try {
    console.log(`\n${name}`);
    const outputFile = join(directory, 'jest.json');
    const paths = positionals.length > 0 ? positionals : patterns;
    const workers = values.maxWorkers === undefined ? [] : [`--maxWorkers=${values.maxWorkers}`];
    const flags = [...workers, '--json', `--outputFile=${outputFile}`];
    run('npm', ['run', '--silent', 'jest', '--', ...flags, ...paths], environmentWith(env), 'may fail');
    const counted = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : NOTHING_COUNTED;
    const demoStatus =
      demo === undefined || positionals.length > 0 ? 0 : run(demo, DEMO, environmentWith(env), 'may fail');
    return outcomeOf(name, counted, demoStatus, performance.now() - startedAt);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A test file that could not run at all counts as one failure, and so do a demo that fails and a run that counted nothing. */
function outcomeOf(name, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }, demoStatus, durationMs) {
  const nothingRan = numPassedTests + numFailedTests + numRuntimeErrorTestSuites === 0 ? 1 : 0;
  const broken = numFailedTests + numRuntimeErrorTestSuites + nothingRan + (demoStatus === 0 ? 0 : 1);
  const seconds = Math.round(durationMs / 1_000);
  const line = `${name}: ${numPassedTests} passed, ${broken} failed (${seconds} s)`;
  return { passed: numPassedTests, failed: broken, line };
}

/** A server given for other tests would be of whatever version it is. */
function environmentWith(env) {
  const { TEST_DATABASE_URL: _given, DATABASE_URL: _other, ...environment } = process.env;
  return { ...environment, ...env };
}

function run(command, args, env = process.env, failure = 'throws') {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (error !== undefined || (status !== 0 && failure === 'throws')) {
    throw error ?? new Error(`${command} ${args.join(' ')} ended with exit code ${status}`);
  }
  return status;
}

function sum(figures) {
  return figures.reduce((total, figure) => total + figure, 0);
}
