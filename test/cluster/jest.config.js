import { ownSuite } from '../../jest.config.js';

/** @type {import('jest').Config} */
export default ownSuite({
  testMatch: ['<rootDir>/test/cluster/*.cluster-test.ts'],
  // A file may start twenty processes.
  maxWorkers: 1,
});
