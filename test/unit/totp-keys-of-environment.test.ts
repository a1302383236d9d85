import { describe, expect, it } from '@jest/globals';
import { withTotpKeys } from '../../src/totp-key-rotation/totp-keys-of-environment.js';

const BYTES = Buffer.alloc(32, 0xfb);
const [URL_SAFE, STANDARD] = [`${BYTES.toString('base64url')}=`, BYTES.toString('base64')];
const OLD = Buffer.alloc(32, 7).toString('base64');

describe('the TOTP keys of the environment', () => {
  const read = (env: NodeJS.ProcessEnv, keys?: readonly (string | undefined)[]) => {
    const hidden: string[] = [];
    const settings = withTotpKeys(keys && { keys }, { env, hide: (secrets) => hidden.push(...secrets) });
    return { keys: settings.keys, hidden };
  };

  it('may be those of the config file in another spelling', () => {
    const env = { TENXYTE_TOTP_ENCRYPTION_KEY: STANDARD, TENXYTE_TOTP_PREVIOUS_ENCRYPTION_KEYS: OLD };
    expect(read(env, [` ${URL_SAFE}\n`, undefined, OLD.slice(0, -1)]).keys).toEqual([STANDARD, OLD]);
    expect(() => read(env, [OLD, URL_SAFE])).toThrow('give different keys, or the same in another order');
    expect(() => read(env, [URL_SAFE])).toThrow('give different keys, or the same in another order');
    expect(() => read(env, [URL_SAFE, 'no key'])).toThrow('give different keys, or the same in another order');
  });

  it('are those of the config file when none is set, the place of a missing one too, so that it is refused', () => {
    expect(read({}, [undefined, OLD]).keys).toEqual([undefined, OLD]);
    expect(() => read({}, [undefined, ''])).toThrow('No TOTP key was given');
    expect(() => read({}, [])).toThrow('No TOTP key was given');
    expect(() => read({})).toThrow('No TOTP key was given');
  });

  it('are hidden as they were given, and without what stands around them', () => {
    expect(read({}, [` ${URL_SAFE}\n`, undefined]).hidden).toEqual([` ${URL_SAFE}\n`, URL_SAFE]);
  });

  it('are refused without being shown', () => {
    const two = `${URL_SAFE} ${OLD}`;
    expect(() => read({ TENXYTE_TOTP_ENCRYPTION_KEY: two })).toThrow(
      /^TENXYTE_TOTP_ENCRYPTION_KEY is a text of 89 characters that is no key, accepted is 44 characters of base64 \(/,
    );
  });
});
