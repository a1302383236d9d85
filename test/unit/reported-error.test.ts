import { describe, expect, it } from '@jest/globals';
import { UnsupportedServerError } from '../../src/errors/unsupported-server.error.js';
import { reportedError } from '../../src/contract/task-report.js';

describe('the error in a report', () => {
  it('has no code of its own when it is of somebody else', () => {
    expect(reportedError(new Error('odd\nthing'))).toEqual({
      code: 'UNEXPECTED',
      retryable: false,
      message: 'odd thing',
    });
    expect(reportedError(new UnsupportedServerError(130_001)).code).toBe('UNSUPPORTED_SERVER');
  });
});
