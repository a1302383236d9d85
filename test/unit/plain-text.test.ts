import { describe, expect, it } from '@jest/globals';
import { inPlainText } from '../../src/text/plain-text.js';

describe('plain text', () => {
  it('is on one line, without what moves, hides or turns text, however deep it stands', () => {
    const value = {
      name: 'a\u001B[31mb',
      list: ['c\r\nd', { 'k\u0007': '\u202Ee\u200B' }],
      count: 1,
      none: null,
      is: true,
    };
    expect(inPlainText(value)).toEqual({
      name: 'a [31mb',
      list: ['c d', { 'k ': 'e' }],
      count: 1,
      none: null,
      is: true,
    });
  });

  it('keeps what people write', () => {
    expect(inPlainText('Zoë 日本 🦊 – ok')).toBe('Zoë 日本 🦊 – ok');
  });
});
