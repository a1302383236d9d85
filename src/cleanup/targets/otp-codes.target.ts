import { defineCleanupTarget } from './define-cleanup-target.js';

/** One-time codes. Tenxyte's guide says used ones go at once, which its own command forgets. */
export const otpCodesTarget = defineCleanupTarget({
  name: 'otp_codes',
  entity: 'OtpCode',
  summary: 'expired or used',
  dueWhen: { anyOf: [{ before: 'expiresAt', cutoff: 'expiredGraceMinutes' }, { isTrue: 'isUsed' }] },
});
