import { fileURLToPath } from 'node:url';
import base from '../../jest.config.js';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  testMatch: ['<rootDir>/test/{unit,integration}/**/*.test.ts'],
  // Their rows are random, and so would the score be.
  testPathIgnorePatterns: ['-oracle\\.test\\.ts$'],
  testEnvironment: here('first-failure-environment.js'),
  runner: here('first-failure-runner.js'),
  testSequencer: here('covering-tests-sequencer.js'),
};
