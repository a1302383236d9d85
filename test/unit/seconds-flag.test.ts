import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../src/errors/usage.error.js';
import { secondsFlag } from '../../src/validation/seconds-flag.js';

describe('a flag that is a duration', () => {
  const read = secondsFlag('--wait', { maxSeconds: 7_200, zero: 'do not wait' });

  it.each([
    ['0', 0],
    ['0m', 0],
    ['1', 1],
    ['90s', 90],
    ['2m', 120],
    ['120m', 7_200],
    ['2h', 7_200],
    ['7200', 7_200],
  ])('takes %s', (text, seconds) => {
    expect(read(text)).toBe(seconds);
  });

  it.each([
    '',
    ' 1',
    '-1',
    '+1',
    '1.5',
    '01',
    '1e3',
    '0x1',
    'm',
    '1M',
    '1d',
    '1m30s',
    '1 m',
    '7201',
    '121m',
    '3h',
    '9'.repeat(400),
  ])('refuses %j and says what it takes', (text) => {
    expect(() => read(text)).toThrow(UsageError);
    expect(() => read(text)).toThrow(
      'accepted is a whole number of seconds from 0 to 7200 (0 = do not wait), or as 90s, 2m or 1h',
    );
  });
});
