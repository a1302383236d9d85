import { describe, expect, it } from '@jest/globals';
import { BrakeError } from '../../src/cleanup/limits/brake.error.js';
import { NO_AFTERMATH, rotationFailure, shortcoming } from '../../src/totp-key-rotation/rotation-failure.js';
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
});
