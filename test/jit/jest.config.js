import { ownSuite } from '../../jest.config.js';

/** Files of another suite, which go through every statement of the tasks. */
const BROAD = '{agent-heartbeat-storage,cleanup-concurrency,cleanup-storage,totp-key-rotation}';

/** @type {import('jest').Config} */
export default ownSuite({
  testMatch: ['<rootDir>/test/jit/*.jit-test.ts', `<rootDir>/test/integration/${BROAD}.test.ts`],
  globalSetup: '<rootDir>/test/jit/global-setup.js',
});
