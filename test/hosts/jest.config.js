import { ownSuite } from '../../jest.config.js';

export default ownSuite({ displayName: 'hosts', testMatch: ['<rootDir>/test/hosts/**/*.hosts-test.ts'] });
