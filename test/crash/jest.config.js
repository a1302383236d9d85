import { crash, ownSuite } from '../../jest.config.js';

process.env.TENXYTE_TEST_LENGTH ??= 'full';

/** @type {import('jest').Config} */
export default ownSuite({ ...crash, testTimeout: 240_000 });
