import { fileURLToPath } from 'node:url';
import { ownSuite } from '../../jest.config.js';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** @type {import('jest').Config} */
export default ownSuite({
  testMatch: ['<rootDir>/test/{unit,integration}/**/*.test.ts'],
  // It runs every task over and over, for the page on security.
  testPathIgnorePatterns: ['security-grants\\.test\\.ts$'],
  // Many a mutant keeps something from ever happening.
  testTimeout: 20_000,
  testEnvironment: here('first-failure-environment.js'),
  runner: here('first-failure-runner.js'),
  testSequencer: here('covering-tests-sequencer.js'),
});
