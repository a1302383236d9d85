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

  it.each([
    ['an escape sequence', 'a\u001B[31mb', 'a[31mb'],
    ['a null byte', 'a\u0000b', 'ab'],
    ['the line and paragraph separators', 'a\u2028b\u2029c\u0085d', 'a b c d'],
    ['the bidi controls', '\u202Aa\u202Eb\u2066c\u2069', 'abc'],
    ['what nobody sees', 'a\u200Bb\u00ADc\u{E0041}d\u3164e', 'abcde'],
    ['half a surrogate pair', 'a\uD83Db', 'ab'],
    ['nothing of what is read', 'naïve 日本 😀', 'naïve 日本 😀'],
  ])('leave out %s', (_, thrown, text) => {
    expect(errorMessage(new Error(thrown))).toBe(text);
  });

  it('hide a password that invisible characters would split off its URL', () => {
    expect(errorMessage('postgres:\u200B//admin:hun\u0000ter2@db')).toBe('postgres://***@db');
  });

  it('are cut at 2,000 characters, and never within one', () => {
    expect(errorMessage('x'.repeat(2_000))).toBe('x'.repeat(2_000));
    expect(errorMessage('x'.repeat(2_001))).toBe(`${'x'.repeat(1_999)}…`);
    expect(errorMessage('😀'.repeat(1_001))).toBe(`${'😀'.repeat(999)}…`);
    expect(errorMessage(`${'x'.repeat(1_990)} postgres://admin:hunter2@db`)).not.toContain('hunter2');
  });

  it('are text even when what was thrown cannot be made one', () => {
    expect(errorMessage(Object.create(null))).toBe('something that has no message');
    expect(errorMessage(Symbol('odd'))).toBe('Symbol(odd)');
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
    expect(targetFailure(new MaintenanceError('NOT_A_TABLE', 'x is a view'))).toEqual({
      code: 'NOT_A_TABLE',
      retryable: false,
      message: 'x is a view',
    });
    expect(targetFailure(Object.assign(new Error('permission denied for table x'), { code: '42501' }))).toEqual({
      code: 'PERMISSION_DENIED',
      retryable: false,
      message: expect.stringContaining('permission denied for table x: grant select, delete and update'),
    });
    expect(targetFailure(new Error('boom'))).toEqual({ code: 'UNEXPECTED', retryable: false, message: 'boom' });
    expect(targetFailure(new Error('Connection terminated'))).toEqual({
      code: 'CONNECTION_LOST',
      retryable: true,
      message: expect.stringContaining('whether the last ones were is not known'),
    });
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
