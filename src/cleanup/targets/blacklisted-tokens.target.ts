import { defineCleanupTarget } from './define-cleanup-target.js';

/** Revoked JWTs, of no use once the JWT itself has expired. */
export const blacklistedTokensTarget = defineCleanupTarget({
  name: 'blacklisted_tokens',
  entity: 'BlacklistedToken',
  summary: 'expired',
  dueWhen: { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
});
