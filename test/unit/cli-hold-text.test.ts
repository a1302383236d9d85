import { describe, expect, it } from '@jest/globals';
import { heldRowText, holdListText, holdText } from '../../src/cli/output/hold-text.js';
import { explanationText } from '../../src/cli/output/policy-text.js';
import { statusText } from '../../src/cli/output/status-text.js';
import { HoldInProgressError, HoldNotPlacedError } from '../../src/index.js';
import type { LegalHoldDetails } from '../../src/index.js';

const paint: Parameters<typeof holdText>[1] = (_style, text) => text;
const AT = '2026-03-01T03:00:00.000000Z';
const SUBJECTS = { users: 0, identifiers: 0, agentTokens: 0, applications: 0, organizations: 0 };
const HOLD: LegalHoldDetails = {
  id: '7f6c2c0e-9f0b-4d6e-8a51-0c8a52b1d6a7',
  status: 'active',
  caseRef: 'C',
  reason: 'r',
  target: null,
  userId: null,
  identifiers: null,
  applicationId: null,
  organizationId: null,
  createdFrom: null,
  createdTo: null,
  placedBy: 'p',
  placedAt: AT,
  reviewAt: null,
  releasedBy: null,
  releasedAt: null,
  releaseReason: null,
  effectiveReleaseAt: null,
  subjects: SUBJECTS,
  events: [{ event: 'review-changed', at: AT, actor: null, reason: null, databaseUser: 'me' }],
  heldWhole: [],
};

describe('the text of a hold', () => {
  it.each<[Partial<LegalHoldDetails>, string]>([
    [{}, 'holds        every row\ncomes to     rows that name nobody'],
    [{ target: 'otp_codes' }, 'holds        every row in otp_codes'],
    [{ userId: '5', createdTo: AT }, `holds        user 5, made before ${AT}`],
    [
      { identifiers: ['ann', '+33'], subjects: { ...SUBJECTS, identifiers: 2 } },
      'holds        ann or +33\ncomes to     2 identifiers',
    ],
    [{ identifiers: [], status: 'ended' }, 'holds        identifiers, forgotten\ncomes to     nothing any more'],
    [{ userId: '5', subjects: null }, 'comes to     not looked up yet: until the next run does so, every row is held'],
    [{ reviewAt: AT }, `review       ${AT}`],
    [{ releasedBy: 'x', releasedAt: AT, releaseReason: 'y' }, `released by  x, ${AT}: y\nends         -`],
    [{}, `${AT}  review-changed (database user me)`],
  ])('of %j says so', (fields, text) => {
    expect(holdText({ ...HOLD, ...fields }, paint)).toContain(text);
  });

  it('says that there is none', () => {
    expect([holdListText([], paint), heldRowText([], paint)]).toEqual([
      'no legal hold is in force',
      'no legal hold holds such a row',
    ]);
  });
});

describe('the text of the status', () => {
  const status = { task: 'status', status: 'succeeded', at: AT, isRecorded: true, tasks: [] } as const;

  it.each([
    [null, undefined],
    [{ inForce: 0, coolingDown: 0, pastReview: 0 }, undefined],
    [{ inForce: 1, coolingDown: 0, pastReview: 0 }, '1 legal hold in force'],
    [
      { inForce: 3, coolingDown: 1, pastReview: 2 },
      '3 legal holds in force, 1 of them released and cooling down, 2 of them past review',
    ],
  ])('with %j of holds says %j', (holds, line) => {
    expect(
      statusText({ ...status, holds }, paint)
        .split('\n')
        .find((text) => text.includes('hold')),
    ).toBe(line);
  });
});

describe('what keeps holds and deletions waiting', () => {
  it('is named as far as it is known', () => {
    expect(new HoldInProgressError(500, [{ pid: 1, user: null }]).message).toContain('by pid 1: nothing is deleted');
    expect(new HoldNotPlacedError(500, []).message).toContain('behind a session that has ended since');
  });
});

describe('the text of a rule that holds', () => {
  const rule = { index: null, rule: '', days: 90, cutoff: AT, priority: 0 };
  const explanation = { at: AT, decidedBy: 'options', runnersUp: [], winner: rule, dueAt: AT, isDue: false } as const;
  const textOf = (fields: object): string =>
    explanationText({ ...explanation, target: 'refresh_tokens', ...fields }, paint);

  it('says from when days count, and when a row is due', () => {
    expect(textOf({})).toContain('holds, which keeps 90 days after expiry or revocation');
    expect(textOf({})).toContain(`The row is due after ${AT}.`);
    expect(textOf({ isDue: true })).toContain(`The row has been due since ${AT}.`);
    expect(textOf({ isDue: false, dueAt: null })).toContain('The row is never due.');
    expect(textOf({ isDue: null })).not.toContain('The row');
    expect(textOf({ winner: { ...rule, days: null } })).not.toContain('after expiry');
  });
});
