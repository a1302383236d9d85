import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { NoAnswerError } from '../../src/errors/no-answer.error.js';
import { isConnectionLost, referencingTable, reportedCode, sqlState } from '../../src/database/sql-state.js';

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

  it.each([
    ['a text', 'UNEXPECTED'],
    [new Error('odd'), 'UNEXPECTED'],
    [new Error('timeout exceeded when trying to connect'), 'CONNECTION_FAILED'],
    [{ code: 'ECONNREFUSED' }, 'CONNECTION_FAILED'],
    [{ code: '42703' }, 'DATABASE'],
  ])('%s is reported as %s', (error, code) => {
    expect(reportedCode(error)).toBe(code);
  });

  it('of a row that is referred to names the table with the reference where the server tells it', () => {
    expect(referencingTable({ code: '23503', schema: 'app', table: 'sessions' })).toBe('app.sessions');
    expect(referencingTable({ code: '23503' })).toBe('another table');
  });
});
