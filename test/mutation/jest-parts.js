import { createRequire } from 'node:module';

/** Resolves what Jest itself depends on, as Jest does: not every package manager hoists. */
const requireAsJestConfig = ['jest', '@jest/core', 'jest-config'].reduce(
  (require, name) => createRequire(require.resolve(name)),
  createRequire(import.meta.url),
);

export const { default: TestRunner } = requireAsJestConfig('jest-runner');
export const { TestEnvironment } = requireAsJestConfig('jest-environment-node');
export const { default: TestSequencer } = requireAsJestConfig('@jest/test-sequencer');

/** Whether a mutant is to be killed; without one, Stryker learns which test covers what. */
export function isMutantActive() {
  return process.env['__STRYKER_ACTIVE_MUTANT__'] !== undefined;
}
