import { ownSuite } from '../../jest.config.js';

/** @type {import('jest').Config} */
export default ownSuite({
  testMatch: ['<rootDir>/test/chaos/*.chaos-test.ts'],
  // A file starts eight processes and two servers.
  maxWorkers: 1,
});
