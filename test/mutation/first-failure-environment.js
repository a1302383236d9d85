import { TestEnvironment } from './jest-parts.js';

/** Skips the rest of a test file once a test has failed: one is enough to kill a mutant. */
export default class FirstFailureEnvironment extends TestEnvironment {
  hasFailed = false;

  async handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') {
      this.hasFailed = true;
    } else if (name === 'test_start' && this.hasFailed) {
      test.mode = 'skip';
    }
  }
}
