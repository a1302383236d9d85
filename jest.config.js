import { availableParallelism } from 'node:os';

/** The TypeORM of another application of the checkout in place of the newest: `TENXYTE_TEST_TYPEORM=0.3`. */
const OTHER_TYPEORM =
  process.env.TENXYTE_TEST_TYPEORM === '0.3'
    ? { '^typeorm$': '<rootDir>/test/package/nest11-host/node_modules/typeorm/index.mjs' }
    : {};

/** What the test files of every project need. */
const anywhere = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  modulePathIgnorePatterns: [
    '<rootDir>/test/package/nest11-host/',
    '<rootDir>/test/matrix/',
    '<rootDir>/test/hosts/node_modules/',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*(?<!\\.client))\\.js$': '$1', ...OTHER_TYPEORM },
  transform: {
    '\\.(css|client\\.js)$': '<rootDir>/test/support/text-module.js',
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** Jest takes it from the whole configuration alone, not from a project's. */
const TEST_TIMEOUT_MS = 60_000;

/** The same with a PostgreSQL server, which all of the projects share. Jest starts it when it runs a test file of one of them. */
const onServer = {
  ...anywhere,
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
};

/** Crashes at random points, and random rows against an oracle: a sample of them, unless `TENXYTE_TEST_LENGTH=full` is set. */
export const crash = {
  ...onServer,
  displayName: 'crash',
  testMatch: ['<rootDir>/test/crash/**/*.test.ts'],
  globalSetup: '<rootDir>/test/crash/global-setup.js',
};

/** A suite with a configuration and a command of its own. */
export function ownSuite(configuration) {
  return { ...onServer, rootDir: import.meta.dirname, testTimeout: TEST_TIMEOUT_MS, ...configuration };
}

/** @type {import('jest').Config} */
export default {
  testTimeout: TEST_TIMEOUT_MS,
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // What a child process runs through is not counted, and the entry of the command line runs in one alone.
  collectCoverage: process.env.TENXYTE_TEST_COVERAGE !== undefined,
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts', '!src/cli/main.ts'],
  coverageReporters: [['text', { skipFull: true }], 'json'],
  coverageThreshold: { global: { branches: 95 } },
  projects: [
    { ...anywhere, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...onServer, displayName: 'server', testMatch: ['<rootDir>/test/{integration,e2e,package}/**/*.test.ts'] },
    crash,
  ],
};
