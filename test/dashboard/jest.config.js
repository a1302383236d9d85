import { ownSuite } from '../../jest.config.js';

/** @type {import('jest').Config} */
export default ownSuite({ displayName: 'dashboard', testMatch: ['<rootDir>/test/dashboard/*.browser-test.ts'] });
