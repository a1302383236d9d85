import base from './jest.config.js';

// Coverage is counted in Jest's own processes alone.
process.env.TENXYTE_TEST_COMMAND_LINE = 'in-process';

/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/test/{unit,integration}/**/*.test.ts', '<rootDir>/test/e2e/cli-*.test.ts'],
  collectCoverage: true,
  coverageReporters: ['text', 'json'],
  coverageThreshold: { global: { branches: 95 } },
};
