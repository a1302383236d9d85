import { describe, expect, it } from '@jest/globals';
import type { CleanupRequest } from '../../src/index.js';
import { MaintenanceConfigError } from '../../src/index.js';
import { requestedRetention, selectTargets, validateCleanupRequest } from '../../src/cleanup/cleanup-request.js';

const STANDARD = [
  'blacklisted_tokens',
  'magic_link_tokens',
  'otp_codes',
  'refresh_tokens',
  'login_attempts',
  'audit_logs',
  'maintenance_runs',
];

function refusalOf(request: object): unknown {
  try {
    validateCleanupRequest(request);
    return undefined;
  } catch (error) {
    const { message, problems } = error as MaintenanceConfigError;
    return { subject: message.split(':')[0], problems };
  }
}

describe('the request of a cleanup', () => {
  it.each([
    {},
    { only: ['login_attempts'], loginAttemptsDays: 30 },
    { only: ['webauthn_challenges', 'otp_codes'], include: ['webauthn_challenges'] },
    { include: ['agent_pending_actions'], auditLogDays: 0, force: true, maxDurationMs: 0 },
    { signal: new AbortController().signal, onProgress: () => undefined },
  ])('is accepted: %j', (request) => {
    expect(refusalOf(request)).toBeUndefined();
  });

  it.each([
    [{ only: [] }, { path: 'only', received: 'a list', accepted: 'at least one target name' }],
    [{ include: [] }, { path: 'include', received: 'a list', accepted: 'at least one target name' }],
    [{ onProgress: 'loudly' }, { path: 'onProgress', received: '"loudly"', accepted: 'a function' }],
  ])('is refused: %j', (request, problem) => {
    expect(refusalOf(request)).toEqual({ subject: 'Invalid call of cleanup()', problems: [problem] });
  });

  it.each([
    [
      { only: ['otp_codes'], auditLogDays: 5 },
      {
        path: 'auditLogDays',
        received: 'given although only excludes audit_logs',
        accepted: 'audit_logs in only, or no auditLogDays',
      },
    ],
    [
      { only: ['otp_codes'], include: ['webauthn_challenges'] },
      {
        path: 'include',
        received: 'webauthn_challenges, which only excludes',
        accepted: 'a target that only names as well',
      },
    ],
  ])('is refused when it contradicts itself: %j', (request, problem) => {
    expect(refusalOf(request)).toEqual({ subject: 'Contradictory call of cleanup()', problems: [problem] });
  });

  it.each([
    [{}, [], STANDARD],
    [{ only: ['audit_logs', 'otp_codes'] }, ['webauthn_challenges'], ['otp_codes', 'audit_logs']],
    [{}, ['webauthn_challenges'], [...STANDARD, 'webauthn_challenges']],
    [{ include: ['organization_invitations'] }, [], [...STANDARD, 'organization_invitations']],
  ] as const)('%j selects, with %j included by the options, each target once', (request, included, expected) => {
    const names = selectTargets(request as CleanupRequest, { include: included, targets: [] }).map(({ name }) => name);
    expect([...names].sort()).toEqual([...expected].sort());
  });

  it('keeps apart what is left out and what is 0', () => {
    expect(requestedRetention({})).toEqual({});
    expect(requestedRetention({ auditLogDays: 0 })).toEqual({ auditLogDays: 0 });
    expect(requestedRetention({ loginAttemptsDays: 7 })).toEqual({ loginAttemptsDays: 7 });
  });
});
