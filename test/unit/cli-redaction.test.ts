import { describe, expect, it } from '@jest/globals';
import { readDatabaseAddress } from '../../src/cli/session/database-url.js';
import { redaction } from '../../src/cli/session/redaction.js';

describe('redaction', () => {
  it('takes a secret out wherever it stands', () => {
    expect(redaction(['h$dden.w*rd'])('a h$dden.w*rd, xh$dden.w*rdx')).toBe('a ***, x***x');
  });

  it('takes the longest spelling out whole', () => {
    expect(redaction(['open', 'open%20up'])('open%20up open')).toBe('*** ***');
  });

  it('takes a very short secret out only where it stands as a word', () => {
    expect(redaction(['ab'])('ab cabin, "ab"')).toBe('*** cabin, "***"');
  });

  it('leaves a public name as it is, and everything when there is no secret', () => {
    expect(redaction(['postgres'], ['postgres'])('user "postgres"')).toBe('user "postgres"');
    expect(redaction(['', ''])('text')).toBe('text');
  });
});

describe('the address of the database', () => {
  it.each([
    ['postgres://u:p%40ss:w%2Frd@h/d', {}],
    ['postgresql://u@h/d?password=p%40ss:w%2Frd', {}],
    ['postgres://h/d', { PGPASSWORD: 'p@ss:w/rd' }],
  ])('hides the password of %s decoded and as it stands', (url, env) => {
    const { redact } = readDatabaseAddress(url, env);
    expect(redact('p@ss:w/rd')).toBe('***');
  });

  it('hides every spelling of the password', () => {
    const { redact } = readDatabaseAddress('postgres://u:p%40ss:w%2Frd@h/d', {});
    expect(redact('p%40ss:w%2Frd p@ss:w/rd p%40ss%3Aw%2Frd')).toBe('*** *** ***');
  });

  it.each([
    'postgres://u:p@/d?host=/var/run/postgresql',
    'postgresql:///d?host=/var/run/postgresql',
    'postgres://u:p@[::1]:5432/d?sslmode=verify-full',
  ])('may be %s', (url) => {
    expect(readDatabaseAddress(` ${url}\n`, {}).url).toBe(url);
  });
});
