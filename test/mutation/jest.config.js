import { fileURLToPath } from 'node:url';
import base from '../../jest.config.js';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  testMatch: ['<rootDir>/test/{unit,integration}/**/*.test.ts'],
  // The rows of the one are random, and so would the score be; the other runs every task over and over, for the page on security.
  testPathIgnorePatterns: ['-oracle\\.test\\.ts$', 'security-grants\\.test\\.ts$'],
  // Many a mutant keeps something from ever happening.
  testTimeout: 20_000,
  testEnvironment: here('first-failure-environment.js'),
  runner: here('first-failure-runner.js'),
  testSequencer: here('covering-tests-sequencer.js'),
};
