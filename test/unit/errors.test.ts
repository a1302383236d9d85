import { describe, expect, it } from '@jest/globals';
import { targetFailure } from '../../src/cleanup/target-failure.js';
import { assertSupportedServer } from '../../src/database/database-clock.js';
import { isConnectionLost, sqlState } from '../../src/database/sql-state.js';
import { errorMessage } from '../../src/errors/error-message.js';
import { MaintenanceError, UnsupportedServerError } from '../../src/index.js';

describe('errors', () => {
  it.each([
    'postgres://admin:hunter2@db.example.com/tenxyte',
    'postgresql://admin:hunter2@db.example.com:5432/tenxyte?sslmode=require',
    'redis://:hunter2@cache',
    'postgres://admin:hun/hunter2@db/tenxyte',
    'postgres://admin:hun@hunter2@db/tenxyte',
  ])('never show the password of %s', (url) => {
    const message = errorMessage(new Error(`cannot reach ${url} today`));
    expect(message).not.toContain('hunter2');
    expect(message).toContain('cannot reach');
    expect(message).toContain('today');
  });

  it('are one line, whatever was thrown', () => {
    expect(errorMessage(new Error('two\nlines'))).toBe('two lines');
    expect(errorMessage('text')).toBe('text');
    expect(errorMessage(new AggregateError([new Error('a'), new Error('b')]))).toBe('a; b');
    expect(errorMessage(new TypeError())).toBe('TypeError');
  });

  it('name the server version that is too old, and let 14 pass', () => {
    expect(() => assertSupportedServer(130_011)).toThrow(UnsupportedServerError);
    expect(() => assertSupportedServer(130_011)).toThrow(
      'The server is PostgreSQL 13.11; 14 or newer is needed. Nothing was touched.',
    );
    expect(() => assertSupportedServer(140_000)).not.toThrow();
  });

  it('know a lost connection with and without a code', () => {
    expect(isConnectionLost({ code: '57P01' })).toBe(true);
    expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isConnectionLost(Object.assign(new Error('read'), { code: 'ECONNRESET', message: 'read ECONNRESET' }))).toBe(
      true,
    );
    expect(isConnectionLost({ code: '57014' })).toBe(false);
    expect(isConnectionLost(new Error('boom'))).toBe(false);
    expect(sqlState(new Error('no code'))).toBeUndefined();
  });

  it('become a code and a sentence in the report', () => {
    expect(targetFailure(new MaintenanceError('NOT_A_TABLE', 'x is a view'), 0)).toEqual({
      code: 'NOT_A_TABLE',
      message: 'x is a view',
    });
    expect(targetFailure(Object.assign(new Error('permission denied for table x'), { code: '42501' }), 0)).toEqual({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('permission denied for table x: grant select, delete and update'),
    });
    expect(targetFailure(new Error('boom'), 0)).toEqual({ code: 'UNEXPECTED', message: 'boom' });
    expect(targetFailure(new Error('Connection terminated'), 7).message).toContain('7 rows are known to be deleted');
  });

  it('carry their cause and context', () => {
    const cause = new Error('cause');
    const error = new MaintenanceError('X', 'message', { cause, context: { table: 't' } });
    expect([error.cause, error.context, error.name, error.code]).toEqual([
      cause,
      { table: 't' },
      'MaintenanceError',
      'X',
    ]);
  });
});
