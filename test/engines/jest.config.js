import { ownSuite } from '../../jest.config.js';

/** @type {import('jest').Config} */
export default ownSuite({ displayName: 'engines', testMatch: ['<rootDir>/test/engines/*.engines-test.ts'] });
