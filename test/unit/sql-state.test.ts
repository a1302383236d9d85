import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { NoAnswerError } from '../../src/errors/no-answer.error.js';
import { isConnectionLost, sqlState } from '../../src/database/sql-state.js';

describe('an error', () => {
  it.each([
    [Object.assign(new Error('locked'), { code: '55P03' }), '55P03'],
    [new QueryFailedError('select', [], Object.assign(new Error('locked'), { code: '55P03' })), '55P03'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), undefined],
    [Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), undefined],
    ['a text', undefined],
    [null, undefined],
  ])('%s has the SQLSTATE %s', (error, state) => {
    expect(sqlState(error)).toBe(state);
  });

  it.each([
    [{ code: '57P01' }, true],
    [{ code: '08006' }, true],
    [{ code: '25P03' }, true],
    [{ code: '25P04' }, true],
    [{ code: '25P02' }, false],
    [{ code: '57014' }, false],
    [new Error('Connection terminated unexpectedly'), true],
    ...['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EPIPE'].map((code) => [{ code }, true] as const),
    [{ code: 'ECONNREFUSED' }, false],
    [new NoAnswerError(1_000, null), true],
    [new Error('Query read timeout'), true],
    [new Error('syntax error'), false],
    ['Connection terminated', false],
  ])('%j tells of a lost connection: %s', (error, isLost) => {
    expect(isConnectionLost(error)).toBe(isLost);
  });
});
