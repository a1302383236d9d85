import { defineCleanupTarget } from './define-cleanup-target.js';

/** WebAuthn challenges, which Tenxyte itself never cleans. */
export const webauthnChallengesTarget = defineCleanupTarget({
  name: 'webauthn_challenges',
  entity: 'WebauthnChallenge',
  summary: 'expired or used',
  dueWhen: { anyOf: [{ before: 'expiresAt', cutoff: 'expiredGraceMinutes' }, { isTrue: 'isUsed' }] },
});
