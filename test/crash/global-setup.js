import { randomInt } from 'node:crypto';
import startServer from '../support/global-setup.js';

/** Every random choice of a run comes from one seed, which is told so that a failure can be repeated. */
export default async function globalSetup() {
  process.env.TENXYTE_TEST_SEED ??= String(randomInt(2 ** 31));
  const { TENXYTE_TEST_SEED: seed, TENXYTE_TEST_LENGTH: length = 'sample' } = process.env;
  process.stderr.write(`Random choices (${length}) come from TENXYTE_TEST_SEED=${seed}\n`);
  await startServer();
}
