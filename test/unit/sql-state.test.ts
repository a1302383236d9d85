import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { isConnectionLost, sqlState } from '../../src/database/sql-state.js';

describe('an error', () => {
  it.each([
    [Object.assign(new Error('locked'), { code: '55P03' }), '55P03'],
    [new QueryFailedError('select', [], Object.assign(new Error('locked'), { code: '55P03' })), '55P03'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), undefined],
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
    [new Error('syntax error'), false],
    ['Connection terminated', false],
  ])('%j tells of a lost connection: %s', (error, isLost) => {
    expect(isConnectionLost(error)).toBe(isLost);
  });
});
