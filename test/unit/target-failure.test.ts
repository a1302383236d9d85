import { expect, it } from '@jest/globals';
import { isRetryable } from '../../src/errors/error-codes.js';
import { targetFailure } from '../../src/cleanup/target-failure.js';
import { MaintenanceError } from '../../src/errors/maintenance.error.js';

/** An error of the database, as `pg` gives it. */
const databaseError = (code: string): Error => Object.assign(new Error('refused'), { code });

it.each([
  {
    error: databaseError('42501'),
    code: 'PERMISSION_DENIED',
    message:
      'refused: grant select, delete and update (one column is enough, to skip locked rows) on the table and on each of its partitions',
  },
  {
    error: databaseError('40P01'),
    code: 'DEADLOCK',
    message: 'refused: it came back after every retry; the next run goes on',
  },
  {
    error: databaseError('40001'),
    code: 'SERIALIZATION_FAILURE',
    message: 'refused: it came back after every retry; the next run goes on',
  },
  {
    error: databaseError('57014'),
    code: 'STATEMENT_TIMEOUT',
    message:
      'refused: even the smallest batch took too long, or someone cancelled it; raise cleanup.statementTimeoutMs or look at triggers on the table',
  },
  {
    error: databaseError('08006'),
    code: 'CONNECTION_LOST',
    message:
      'refused: each batch is deleted wholly or not at all, but whether the last ones were is not known; the next run goes on',
  },
  { error: new MaintenanceError('NOT_A_TABLE', 'a view'), code: 'NOT_A_TABLE', message: 'a view' },
  { error: new Error('odd'), code: 'UNEXPECTED', message: 'odd' },
])('puts the failure of a target into words: $code', ({ error, code, message }) => {
  expect(targetFailure(error)).toEqual({ code, message, retryable: isRetryable(code) });
});
