import { ownSuite } from '../../jest.config.js';

/** @type {import('jest').Config} */
export default ownSuite({ testMatch: ['<rootDir>/test/pgbouncer/*.pgbouncer-test.ts'] });
