import { describe, expect, it, jest } from '@jest/globals';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import type { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import type { MaintenanceLog } from '../../src/telemetry/maintenance-log.js';
import { NO_AFTERMATH, rotationFailure, shortcoming } from '../../src/totp-key-rotation/rotation-failure.js';
import type { TotpKeyRotationReport } from '../../src/totp-key-rotation/totp-key-rotation-report.js';
import type { TotpKeyRotationEvents } from '../../src/totp-key-rotation/totp-key-rotation.events.js';
import { TOTP_KEY_ROTATION_TASK } from '../../src/totp-key-rotation/totp-key-rotation.task.js';
import { TotpRotationTally } from '../../src/totp-key-rotation/totp-rotation-tally.js';
import { TotpRotationWarnings } from '../../src/totp-key-rotation/totp-rotation-warnings.js';
import { isRetryable } from '../../src/errors/error-codes.js';

const report: TotpKeyRotationReport = {
  task: 'totp-key-rotation',
  status: 'succeeded',
  dryRun: false,
  runId: 'run-1',
  runAt: '2026-03-01T05:00:00.000000Z',
  durationMs: 12,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
  mode: 'rolling',
  total: 40,
  rotated: 12,
  alreadyCurrent: 28,
  encryptedPlaintext: 0,
  leftPlaintext: 0,
  undecryptable: 0,
  undecryptableUserIds: [],
  heldUsers: 0,
  safeToRetirePreviousKeys: true,
  keyInUseSince: '2025-01-01T00:00:00.000000Z',
  keyAgeDays: 365,
  lastRotationAt: '2026-03-01T05:00:00.000000Z',
};

describe('the words about a rotation', () => {
  const text = (changed: Partial<TotpKeyRotationReport>): string =>
    TOTP_KEY_ROTATION_TASK.logSummary({ ...report, ...changed }).text;
  const idle = { rotated: 0, alreadyCurrent: 40 };

  it.each([
    [{}, 'brought 12 of 40 secrets under the first key; no secret needs a previous key'],
    [{ dryRun: true }, 'would bring 12 of 40 secrets under the first key; no secret needs a previous key'],
    [
      { encryptedPlaintext: 3, safeToRetirePreviousKeys: false },
      'brought 15 of 40 secrets under the first key, 3 of them plain before; previous keys are to be kept',
    ],
    [
      { ...idle, keyAgeDays: null },
      'nothing was due among 40 secrets, none is known to be under the first key; no secret needs a previous key',
    ],
    [
      { ...idle, lastRotationAt: null },
      'nothing was due among 40 secrets, the first key has been in use for 365 days (no rotation is on record); no secret needs a previous key',
    ],
    [
      { ...idle, keyAgeDays: 1, total: 1 },
      'nothing was due among 1 secret, the first key has been in use for 1 day (last rotation 2026-03-01); no secret needs a previous key',
    ],
  ])('of %j', (changed, expected) => {
    expect(text(changed)).toBe(expected);
  });

  it('have the figures beside them, and no user', () => {
    const { fields } = TOTP_KEY_ROTATION_TASK.logSummary({ ...report, undecryptable: 1, undecryptableUserIds: ['7'] });
    expect(fields).toEqual({
      mode: 'rolling',
      total: 40,
      rotated: 12,
      encryptedPlaintext: 0,
      undecryptable: 1,
      heldUsers: 0,
      safeToRetirePreviousKeys: true,
    });
  });
});

describe('the warnings of a rotation', () => {
  const given = (changed: Partial<TotpKeyRotationReport>, maxKeyAgeDays = 365) => {
    const write = jest.fn<MaintenanceLog['write']>();
    const emit = jest.fn();
    const { totp } = resolveMaintenanceOptions({ totp: { maxKeyAgeDays } });
    const [log, events] = [{ write }, { emit }] as unknown as [
      MaintenanceLog,
      MaintenanceEvents<TotpKeyRotationEvents>,
    ];
    new TotpRotationWarnings(totp, log, events).of({ ...report, ...changed });
    return { lines: write.mock.calls, events: emit.mock.calls };
  };

  it.each([
    ['a key as old as may be', {}, 365],
    ['a key of any age, when none is too old', { keyAgeDays: 40_000 }, 0],
    ['a key of unknown age', { keyInUseSince: null, keyAgeDays: null }, 365],
    ['a key of unknown beginning', { keyInUseSince: null, keyAgeDays: 366 }, 365],
    ['a key that is too old, in a dry run', { dryRun: true, keyAgeDays: 366 }, 365],
  ])('say nothing of %s', (_, changed, maxKeyAgeDays) => {
    expect(given(changed, maxKeyAgeDays)).toEqual({ lines: [], events: [] });
  });

  it('tell of a key that is too old, and how to replace it', () => {
    const age = { keyInUseSince: '2025-01-01T00:00:00.000000Z', keyAgeDays: 366, maxKeyAgeDays: 365 };
    expect(given({ keyAgeDays: 366 })).toEqual({
      lines: [
        [
          'warn',
          {
            text:
              'totp-key-rotation run-1: the first TOTP key has been in use for 366 days, longer than totp.maxKeyAgeDays (365): ' +
              'create a new one with "tenxyte-maintenance generate-totp-key" and put it before this one',
            fields: { event: 'totp.key-too-old', task: 'totp-key-rotation', runId: 'run-1', ...age },
          },
        ],
      ],
      events: [['tenxyte-maintenance.totp.key-too-old', { runId: 'run-1', ...age }]],
    });
  });

  it.each([
    [1, '1 TOTP secret is'],
    [2, '2 TOTP secrets are'],
  ])('tell of %d secrets that are not encrypted', (leftPlaintext, subject) => {
    expect(given({ leftPlaintext })).toEqual({
      lines: [
        [
          'warn',
          {
            text: `totp-key-rotation run-1: ${subject} not encrypted: docs/totp-key-rotation.md says what to do about plain secrets`,
            fields: { event: 'totp.plaintext', task: 'totp-key-rotation', runId: 'run-1', leftPlaintext },
          },
        ],
      ],
      events: [],
    });
  });

  it('emit an event for each user whose secret no key opens', () => {
    expect(given({ undecryptable: 2, undecryptableUserIds: ['7', '9'] })).toEqual({
      lines: [],
      events: ['7', '9'].map((userId) => ['tenxyte-maintenance.totp.secret-undecryptable', { runId: 'run-1', userId }]),
    });
  });
});

describe('how a rotation ended', () => {
  const tally = (figures: Partial<TotpRotationTally>): TotpRotationTally =>
    Object.assign(new TotpRotationTally(), figures);
  const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));
  const OLDER_KEY_ADVICE =
    'does a process still run with another first key? Give every process the same keys in the same order (totp.keys, ' +
    'TENXYTE_TOTP_ENCRYPTION_KEY), restart it, and run this again; retire no key before that';
  const advice = 'a key is missing from the list, or damage was done';

  it.each([
    [{ rotated: 3 }, 0, 'succeeded', undefined, undefined],
    [
      { undecryptable: 3 },
      0,
      'failed',
      'TOTP_KEYS_WRONG',
      'None of the keys opens any of the 3 encrypted secrets: are these the keys of this database?',
    ],
    [
      { alreadyCurrent: 1, undecryptable: 1, undecryptableUserIds: ids(1) },
      0,
      'partial',
      'TOTP_UNDECRYPTABLE',
      `1 secret is opened by none of the keys and left alone, of the users with id 1: ${advice}`,
    ],
    [
      { rotated: 1, undecryptable: 10, undecryptableUserIds: ids(10) },
      0,
      'partial',
      'TOTP_UNDECRYPTABLE',
      `10 secrets are opened by none of the keys and left alone, of the users with id 1, 2, 3, 4, 5, 6, 7, 8, 9, 10: ${advice}`,
    ],
    [
      { rotated: 1, undecryptable: 250, undecryptableUserIds: ids(100) },
      0,
      'partial',
      'TOTP_UNDECRYPTABLE',
      `250 secrets are opened by none of the keys and left alone, of the users with id 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 240 more: ${advice}`,
    ],
    [
      { heldUsers: 1 },
      5,
      'partial',
      'USERS_HELD',
      'The secret of 1 user was held or changed by somebody else each time: the next run takes what is left',
    ],
    [
      { heldUsers: 2 },
      0,
      'partial',
      'USERS_HELD',
      'The secrets of 2 users were held or changed by somebody else each time: the next run takes what is left',
    ],
    [
      {},
      1,
      'partial',
      'PREVIOUS_KEY_IN_USE',
      '1 secret that needs an older key was written meanwhile: ' + OLDER_KEY_ADVICE,
    ],
    [
      {},
      2,
      'partial',
      'PREVIOUS_KEY_IN_USE',
      '2 secrets that need an older key were written meanwhile: ' + OLDER_KEY_ADVICE,
    ],
  ])('follows from %j with %d written meanwhile', (figures, meanwhile, status, code, message) => {
    const error = code === undefined ? {} : { error: { code, message, retryable: isRetryable(code) } };
    expect(shortcoming(tally(figures), { ...NO_AFTERMATH, underOthers: meanwhile })).toEqual({ status, ...error });
  });

  it.each([
    [
      'rolling',
      'odd; what was written stays, every secret can be read with the keys of the list, and the next run goes on',
    ],
    ['atomic', 'odd; every secret is as it was, unless the answer to the commit was lost: run it again'],
  ] as const)('early in %s mode is said with what it means for the secrets', (mode, message) => {
    expect(rotationFailure(new Error('odd'), mode)).toEqual({ code: 'UNEXPECTED', retryable: false, message });
  });
});
