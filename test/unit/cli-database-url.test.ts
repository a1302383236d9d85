import { describe, expect, it } from '@jest/globals';
import { hasDatabaseAddress, readDatabaseAddress } from '../../src/cli/session/database-url.js';

describe('the address of the database', () => {
  it.each([
    ['postgres://db', {}, true],
    ['', {}, true],
    [undefined, { DATABASE_URL: 'postgres://db' }, true],
    [undefined, { DATABASE_URL: ' ' }, false],
    [undefined, {}, false],
  ])('by flag %j and environment %j is given: %j', (flag, env, isGiven) => {
    expect(hasDatabaseAddress(flag, env)).toBe(isGiven);
  });

  it('is hidden also where its password cannot be decoded, or its database', () => {
    const { redact } = readDatabaseAddress('postgres://app@db/%ZZ?password=se%25ZZcret', {});
    expect(redact('se%ZZcret of app')).toBe('*** of app');
  });
});
