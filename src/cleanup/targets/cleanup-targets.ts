import { agentPendingActionsTarget } from './agent-pending-actions.target.js';
import { auditLogsTarget } from './audit-logs.target.js';
import { blacklistedTokensTarget } from './blacklisted-tokens.target.js';
import { loginAttemptsTarget } from './login-attempts.target.js';
import { magicLinkTokensTarget } from './magic-link-tokens.target.js';
import { maintenanceRunsTarget } from './maintenance-runs.target.js';
import { organizationInvitationsTarget } from './organization-invitations.target.js';
import { otpCodesTarget } from './otp-codes.target.js';
import { refreshTokensTarget } from './refresh-tokens.target.js';
import { webauthnChallengesTarget } from './webauthn-challenges.target.js';

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

/** The name of a target that runs only when it is included or named. */
export type OptInTargetName = (typeof OPT_IN_TARGETS)[number]['name'];

/** The names of all targets. */
export const CLEANUP_TARGET_NAMES: readonly CleanupTargetName[] = CLEANUP_TARGETS.map(({ name }) => name);

/** The names of the targets that run only when included or named. */
export const OPT_IN_TARGET_NAMES: readonly OptInTargetName[] = OPT_IN_TARGETS.map(({ name }) => name);
