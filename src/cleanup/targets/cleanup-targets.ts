import { defineCleanupTarget } from './define-cleanup-target.js';

/** Revoked JWTs, of no use once the JWT itself has expired. */
const blacklistedTokensTarget = defineCleanupTarget({
  name: 'blacklisted_tokens',
  entity: 'BlacklistedToken',
  summary: 'expired',
  dueWhen: { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
  dimensions: { user: ['userId'], created: ['blacklistedAt'] },
});

/** Sign-in links; a used one stays until it expires, as in Tenxyte. */
const magicLinkTokensTarget = defineCleanupTarget({
  name: 'magic_link_tokens',
  entity: 'MagicLinkToken',
  summary: 'expired',
  dueWhen: { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
  dimensions: { user: ['userId'], application: ['applicationId'], created: ['createdAt'] },
});

/** One-time codes. Tenxyte's guide says used ones go at once, which its own command forgets. */
export const otpCodesTarget = defineCleanupTarget({
  name: 'otp_codes',
  entity: 'OtpCode',
  summary: 'expired or used',
  dueWhen: { anyOf: [{ before: 'expiresAt', cutoff: 'expiredGraceMinutes' }, { isTrue: 'isUsed' }] },
  dimensions: { user: ['userId'], created: ['createdAt'] },
});

/** Refresh tokens; a grace for revoked ones keeps reuse of a stolen token detectable. */
const refreshTokensTarget = defineCleanupTarget({
  name: 'refresh_tokens',
  entity: 'RefreshToken',
  summary: 'expired, or revoked (after the grace, when one is set)',
  dueWhen: {
    anyOf: [
      { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
      { when: { isTrue: 'isRevoked' }, graceSince: 'lastUsedAt', cutoff: 'revokedRefreshTokenGraceDays' },
    ],
  },
  dimensions: { user: ['userId'], application: ['applicationId'], created: ['createdAt'] },
});

/** Login attempts, kept for lockout and rate limiting, removed by age. */
export const loginAttemptsTarget = defineCleanupTarget({
  name: 'login_attempts',
  entity: 'LoginAttempt',
  summary: 'older than loginAttemptsDays',
  dueWhen: { before: 'createdAt', cutoff: 'loginAttemptsDays' },
  dimensions: { identifier: ['identifier'], application: ['applicationId'], created: ['createdAt'] },
  retention: { option: 'loginAttemptsDays' },
});

/** The audit trail, removed by age; often bound by law both ways: see `retentionBounds`. */
const auditLogsTarget = defineCleanupTarget({
  name: 'audit_logs',
  entity: 'AuditLog',
  summary: 'older than auditLogDays',
  dueWhen: { before: 'createdAt', cutoff: 'auditLogDays' },
  dimensions: {
    user: ['userId', 'onBehalfOfId'],
    agentToken: ['agentTokenId'],
    application: ['applicationId'],
    action: ['action'],
    created: ['createdAt'],
  },
  retention: { option: 'auditLogDays' },
});

/** This package's own record of past runs. A run that goes on has no end yet, and so is never due. */
const maintenanceRunsTarget = defineCleanupTarget({
  name: 'maintenance_runs',
  entity: 'MaintenanceRun',
  summary: 'records of runs that ended more than maintenanceRunDays ago',
  dueWhen: { before: 'finishedAt', cutoff: 'maintenanceRunDays' },
  dimensions: {},
  retention: { option: 'maintenanceRunDays' },
});

/** WebAuthn challenges, which Tenxyte itself never cleans. */
const webauthnChallengesTarget = defineCleanupTarget({
  name: 'webauthn_challenges',
  entity: 'WebauthnChallenge',
  summary: 'expired or used',
  dueWhen: { anyOf: [{ before: 'expiresAt', cutoff: 'expiredGraceMinutes' }, { isTrue: 'isUsed' }] },
  dimensions: { user: ['userId'], created: ['createdAt'] },
});

/**
 * Actions that agents asked a person to confirm, which Tenxyte itself never cleans. A decided one is the only record of the decision, and
 * is kept by the later of its two times, expired or not.
 */
const agentPendingActionsTarget = defineCleanupTarget({
  name: 'agent_pending_actions',
  entity: 'AgentPendingAction',
  summary:
    'decided more than decidedAgentPendingActionDays ago, if that is above 0; undecided, expired and older than agentPendingActionDays',
  dueWhen: {
    anyOf: [
      {
        allOf: [
          { isNull: 'confirmedAt' },
          { isNull: 'deniedAt' },
          { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
          { before: 'createdAt', cutoff: 'agentPendingActionDays' },
        ],
      },
      { allOf: [{ before: 'confirmedAt', cutoff: 'decidedAgentPendingActionDays' }, { isNull: 'deniedAt' }] },
      { allOf: [{ before: 'deniedAt', cutoff: 'decidedAgentPendingActionDays' }, { isNull: 'confirmedAt' }] },
      {
        allOf: [
          { before: 'confirmedAt', cutoff: 'decidedAgentPendingActionDays' },
          { before: 'deniedAt', cutoff: 'decidedAgentPendingActionDays' },
        ],
      },
    ],
  },
  dimensions: { agentToken: ['agentTokenId'], created: ['createdAt'] },
  retention: { option: 'agentPendingActionDays' },
});

/** Invitations that nobody accepted in time, which Tenxyte itself never cleans. An accepted one is a record and stays. */
const organizationInvitationsTarget = defineCleanupTarget({
  name: 'organization_invitations',
  entity: 'OrganizationInvitation',
  summary: 'expired and not accepted',
  dueWhen: {
    allOf: [
      { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
      { differs: 'status', from: 'accepted' },
      { isNull: 'acceptedAt' },
    ],
  },
  dimensions: {
    user: ['invitedById'],
    identifier: ['email'],
    organization: ['organizationId'],
    created: ['createdAt'],
  },
});

/** Targets that every cleanup works on, in this order. */
export const STANDARD_TARGETS = [
  blacklistedTokensTarget,
  magicLinkTokensTarget,
  otpCodesTarget,
  refreshTokensTarget,
  loginAttemptsTarget,
  auditLogsTarget,
  maintenanceRunsTarget,
] as const;

/** Targets that run only when they are included or named, after the standard ones. */
export const OPT_IN_TARGETS = [
  webauthnChallengesTarget,
  agentPendingActionsTarget,
  organizationInvitationsTarget,
] as const;

/** Every target there is, in the order of a run. */
export const CLEANUP_TARGETS = [...STANDARD_TARGETS, ...OPT_IN_TARGETS] as const;

/** The name of a cleanup target, such as `login_attempts`. */
export type CleanupTargetName = (typeof CLEANUP_TARGETS)[number]['name'];

/** The name of any target that a cleanup works on: of one of this package's, or of one of the host's own. */
export type CleanedTargetName = CleanupTargetName | (string & Record<never, never>);

/** The name of a target that runs only when it is included or named. */
export type OptInTargetName = (typeof OPT_IN_TARGETS)[number]['name'];

/** The names of all targets. */
export const CLEANUP_TARGET_NAMES: readonly CleanupTargetName[] = CLEANUP_TARGETS.map(({ name }) => name);

/** The names of the targets that run only when included or named. */
export const OPT_IN_TARGET_NAMES: readonly OptInTargetName[] = OPT_IN_TARGETS.map(({ name }) => name);
