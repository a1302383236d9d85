import { noteKill } from './covering-tests-sequencer.js';
import { isMutantActive, TestRunner } from './jest-parts.js';

/** Runs no further test file once one has failed: Jest's own `bail` does not work when Jest is called from a program. */
export default class FirstFailureRunner extends TestRunner {
  async runTests(tests, watcher, options) {
    let hasFailed = false;
    const stopListening = [
      this.on('test-file-success', ([test, { numFailingTests }]) => note(test, numFailingTests > 0)),
      this.on('test-file-failure', ([test]) => note(test, true)),
    ];
    function note(test, isFailure) {
      if (isFailure && isMutantActive()) {
        hasFailed = true;
        noteKill(test.path);
      }
    }
    for (const test of tests) {
      if (!hasFailed) {
        await super.runTests([test], watcher, options);
      }
    }
    stopListening.forEach((stop) => stop());
  }
}
