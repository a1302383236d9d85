import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMutantActive, TestSequencer } from './jest-parts.js';

/** The names of the tests of each file and how long the file took, written while no mutant is active; in the sandbox. */
const RECORD = 'covering-tests.json';

/** The integration tests that are there for a folder of `src`. Others run through it too, and take long to find nothing more. */
const OWN_TESTS = [
  { folder: '/src/cleanup/backlog/', tests: /\/(backlog|health)[^/]*$/ },
  { folder: '/src/cleanup/', tests: /\/(cleanup|heap|retention)[^/]*$/ },
  { folder: '/src/tasks/', tests: /\/(lease|module|run|schedule|shutdown|task)[^/]*$/ },
  { folder: '/src/agent-heartbeat/', tests: /\/(agent-)?heartbeat[^/]*$/ },
  { folder: '/src/totp-key-rotation/', tests: /\/(fernet|totp)[^/]*$/ },
];

/** The files that killed a mutant in this process, the latest last: the next mutant often is a neighbour of the last one. */
const killers = new Set();

/** Notes that a test file killed a mutant. */
export function noteKill(path) {
  killers.delete(path);
  killers.add(path);
}

/**
 * Keeps of the test files the unit tests and those of the mutant's folder, if one of their tests covers it: Stryker names only the tests.
 * What is likely to kill it soon comes first: the latest killers, then unit tests, then what takes little time.
 */
export default class CoveringTestsSequencer extends TestSequencer {
  constructor(options) {
    super(options);
    const { testNamePattern, nonFlagArgs } = options.globalConfig;
    this.pattern = testNamePattern && new RegExp(testNamePattern, 'i');
    this.ownTests = OWN_TESTS.find(({ folder }) => nonFlagArgs[0]?.includes(folder))?.tests;
  }

  sort(tests) {
    if (!isMutantActive() || !existsSync(RECORD)) {
      return super.sort(tests);
    }
    const record = JSON.parse(readFileSync(RECORD, 'utf8'));
    const recentKillers = [...killers].toReversed();
    const rank = ({ path }) => {
      const place = recentKillers.indexOf(path);
      const group = isUnitTest(path) ? 1e6 : 2e6;
      return place === -1 ? group + (record[path]?.durationMs ?? 0) : place;
    };
    return tests.filter(({ path }) => this.isOwn(path) && this.covers(record[path])).sort((a, b) => rank(a) - rank(b));
  }

  cacheResults(tests, results) {
    super.cacheResults(tests, results);
    if (!isMutantActive()) {
      writeFileSync(RECORD, JSON.stringify(Object.fromEntries(results.testResults.map(recordOf))));
    }
  }

  isOwn(path) {
    return isUnitTest(path) || this.ownTests === undefined || this.ownTests.test(path);
  }

  covers(file) {
    return file === undefined || this.pattern === undefined || file.names.some((name) => this.pattern.test(name));
  }
}

function isUnitTest(path) {
  return path.includes('/test/unit/');
}

function recordOf({ testFilePath, perfStats, testResults }) {
  return [testFilePath, { names: testResults.map(({ fullName }) => fullName), durationMs: perfStats.runtime }];
}
