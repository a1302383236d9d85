import { defineCleanupTarget } from './define-cleanup-target.js';

/** Sign-in links; a used one stays until it expires, as in Tenxyte. */
export const magicLinkTokensTarget = defineCleanupTarget({
  name: 'magic_link_tokens',
  entity: 'MagicLinkToken',
  summary: 'expired',
  dueWhen: { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
});
