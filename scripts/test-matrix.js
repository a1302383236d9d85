// Runs the tests in which SQL meets the server on every supported major version of PostgreSQL in turn:
//   npm run test:matrix -- --only 14,16 test/integration/lease.test.ts
// The servers have a folder of their own, test/matrix, so that nobody downloads them who does not ask for them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const MAJORS = ['14', '15', '16', '17', '18'];
/** As patterns for Jest. An audit's process needs no server at all. */
const WHERE_SQL_MEETS_THE_SERVER = ['test/integration/(?!dependency-scan-)', 'test/crash/.*-oracle'];
const NOTHING_COUNTED = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', default: MAJORS.join(',') }, maxWorkers: { type: 'string' } },
  allowPositionals: true,
});
const majors = values.only.split(',');
const unknown = majors.filter((major) => !MAJORS.includes(major));
if (unknown.length > 0) {
  throw new Error(`--only takes some of ${MAJORS.join(',')}, not ${unknown.join(',')}`);
}

run('npm', ['ci', '--prefix', 'test/matrix', '--loglevel=error']);
const outcomes = majors.map(testOn);
const passed = sum(outcomes.map((outcome) => outcome.passed));
const failed = sum(outcomes.map((outcome) => outcome.failed));
console.log(`\n${outcomes.map((outcome) => outcome.line).join('\n')}\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function testOn(major) {
  const directory = mkdtempSync(join(tmpdir(), 'tenxyte-matrix-'));
  const startedAt = performance.now();
  try {
    console.log(`\nPostgreSQL ${major}`);
    const outputFile = join(directory, 'jest.json');
    const paths = positionals.length > 0 ? positionals : WHERE_SQL_MEETS_THE_SERVER;
    const workers = values.maxWorkers === undefined ? [] : [`--maxWorkers=${values.maxWorkers}`];
    const flags = [...workers, '--json', `--outputFile=${outputFile}`];
    run('npm', ['run', '--silent', 'jest', '--', ...flags, ...paths], environmentFor(major), 'may fail');
    const counted = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : NOTHING_COUNTED;
    return outcomeOf(major, counted, performance.now() - startedAt);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A test file that could not run at all counts as one failure, and so does a run that counted nothing. */
function outcomeOf(major, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }, durationMs) {
  const nothingRan = numPassedTests + numFailedTests + numRuntimeErrorTestSuites === 0 ? 1 : 0;
  const broken = numFailedTests + numRuntimeErrorTestSuites + nothingRan;
  const seconds = Math.round(durationMs / 1_000);
  const line = `PostgreSQL ${major}: ${numPassedTests} passed, ${broken} failed (${seconds} s)`;
  return { passed: numPassedTests, failed: broken, line };
}

/** A server given for other tests would be of whatever version it is. */
function environmentFor(major) {
  const { TEST_DATABASE_URL: _given, DATABASE_URL: _other, ...environment } = process.env;
  return { ...environment, TENXYTE_TEST_POSTGRES: major };
}

function run(command, args, env = process.env, failure = 'throws') {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (error !== undefined || (status !== 0 && failure === 'throws')) {
    throw error ?? new Error(`${command} ${args.join(' ')} ended with exit code ${status}`);
  }
}

function sum(figures) {
  return figures.reduce((total, figure) => total + figure, 0);
}
