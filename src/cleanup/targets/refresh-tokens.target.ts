import { defineCleanupTarget } from './define-cleanup-target.js';

/** Refresh tokens; a grace for revoked ones keeps reuse of a stolen token detectable. */
export const refreshTokensTarget = defineCleanupTarget({
  name: 'refresh_tokens',
  entity: 'RefreshToken',
  summary: 'expired, or revoked (after the grace, when one is set)',
  dueWhen: {
    anyOf: [
      { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
      { when: { isTrue: 'isRevoked' }, graceSince: 'lastUsedAt', cutoff: 'revokedRefreshTokenGraceDays' },
    ],
  },
});
