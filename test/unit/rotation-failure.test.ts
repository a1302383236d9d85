import { describe, expect, it } from '@jest/globals';
import { BrakeError } from '../../src/cleanup/limits/brake.error.js';
import {
  assertCommittable,
  NO_AFTERMATH,
  rotationFailure,
  shortcoming,
  withoutSecrets,
} from '../../src/totp-key-rotation/rotation-failure.js';
import { TotpRotationTally } from '../../src/totp-key-rotation/totp-rotation-tally.js';

const LIMITS = { maxRowsPerTarget: 10, maxFractionPerTarget: 0.5 };

describe('the code of a failed rotation', () => {
  it.each([
    ['BRAKE_MAX_ROWS', BrakeError.excess('BRAKE_MAX_ROWS', { rows: 11, total: null }, LIMITS)],
    ['UNEXPECTED', new TypeError('a bug')],
  ])('can be %s', (code, error) => {
    expect(rotationFailure(error, 'rolling').code).toBe(code);
  });
});

describe('what a rotation fell short of', () => {
  it('is not that the keys are wrong while somebody holds a secret, which one of them opens', () => {
    const tally = Object.assign(new TotpRotationTally(), { undecryptable: 1, heldUsers: 1, encryptedPlaintext: 50 });
    expect(shortcoming(tally, NO_AFTERMATH)).toMatchObject({ status: 'partial', error: { code: 'USERS_HELD' } });
    tally.heldUsers = 0;
    expect(shortcoming(tally, NO_AFTERMATH).error?.code).toBe('TOTP_KEYS_WRONG');
  });

  it.each([
    [1, 0, 'The secret of 1 user was held'],
    [2, 0, 'The secrets of 2 users were held'],
    [0, 1, '1 secret that needs an older key was written'],
    [0, 2, '2 secrets that need an older key were written'],
  ])('with %d users held and %d secrets written meanwhile is told', (heldUsers, writtenMeanwhile, start) => {
    const tally = Object.assign(new TotpRotationTally(), { heldUsers });
    expect(shortcoming(tally, { ...NO_AFTERMATH, underOthers: writtenMeanwhile }).error?.message).toMatch(
      new RegExp(`^${start}`),
    );
  });

  it.each([
    [
      { plain: 1, unreadable: 0, unreadableUserIds: [] },
      '1 secret that is not under the keys of the list was written meanwhile (1 plain)',
    ],
    [
      { plain: 1, unreadable: 12, unreadableUserIds: Array.from({ length: 12 }, (_, index) => String(index)) },
      '13 secrets that are not under the keys of the list were written meanwhile (12 opened by none of the keys, of the users with id ' +
        '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more, 1 plain)',
    ],
    [
      { plain: 0, unreadable: 2, unreadableUserIds: [] },
      '2 secrets that are not under the keys of the list were written meanwhile (2 opened by none of the keys)',
    ],
  ])('by what was written meanwhile, %j, is told', (written, start) => {
    const { error } = shortcoming(new TotpRotationTally(), { ...NO_AFTERMATH, ...written });
    expect(error).toMatchObject({ code: 'UNREADABLE_WRITTEN' });
    expect(error?.message.slice(0, start.length)).toBe(start);
  });

  it.each([
    [1, '1 secret stayed under an older key'],
    [2, '2 secrets stayed under an older key'],
  ])('by %d secrets that something kept is told', (keptUsers, start) => {
    const tally = Object.assign(new TotpRotationTally(), { keptUsers });
    expect(shortcoming(tally, NO_AFTERMATH, 'the trigger x').error?.message.slice(0, start.length)).toBe(start);
  });
});

describe('a rotation that met no secret', () => {
  it.each([
    [['a'], 'There are no secrets in users, but a has a column'],
    [['a', 'b'], 'There are no secrets in users, but a, b have a column'],
  ])('beside %j is told', (elsewhere, start) => {
    expect(withoutSecrets({ total: 0 }, 'users', elsewhere)?.error?.message.slice(0, start.length)).toBe(start);
  });
});

describe('a rotation in one transaction', () => {
  it('is not committed while users change their secrets', () => {
    const tally = Object.assign(new TotpRotationTally(), { heldUsers: 2 });
    expect(() => assertCommittable(tally, 'nobody')).toThrow('2 users changed their secret again and again meanwhile');
  });
});
