import { describe, expect, it } from '@jest/globals';
import { EXIT_CODE_MEANINGS, exitCodeOfError, exitCodeOfReport } from '../../src/cli/exit-codes.js';
import { ConnectionError } from '../../src/cli/session/maintenance-context.js';
import { UsageError } from '../../src/errors/usage.error.js';
import {
  MaintenanceConfigError,
  RetentionBoundsError,
  RetentionProviderError,
  TablesNotFoundError,
  UnsupportedServerError,
} from '../../src/index.js';

describe('the exit code', () => {
  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['partial', 3],
    ['skipped', 4],
    ['stopped', 6],
  ] as const)('of a run that %s is %i', (status, code) => {
    expect(exitCodeOfReport({ status, stopReason: null })).toBe(code);
  });

  it.each([
    ['signal', 6],
    ['requested', 6],
    ['time-budget', 6],
    ['no-answer', 1],
    ['lease-lost', 1],
  ] as const)('of a run that was stopped by %s is %d, as another try may go through or not', (stopReason, code) => {
    expect(exitCodeOfReport({ status: 'stopped', stopReason })).toBe(code);
  });

  it.each([
    { error: new UsageError('wrong') },
    { error: new MaintenanceConfigError('wrong', []) },
    { error: new RetentionBoundsError([]) },
    { error: new TablesNotFoundError('database', []) },
    { error: new UnsupportedServerError(130_011) },
  ])('of an error before anything was touched is 2: $error.name', ({ error }) => {
    expect(exitCodeOfError(error)).toBe(2);
  });

  it.each([
    { error: new ConnectionError(new Error('refused')) },
    { error: new RetentionProviderError(new Error('down')) },
    { error: new Error('odd') },
    { error: 'odd' },
  ])('of any other error is 1: $error.name', ({ error }) => {
    expect(exitCodeOfError(error)).toBe(1);
  });

  it('is explained for each', () => {
    expect(Object.keys(EXIT_CODE_MEANINGS)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });
});
