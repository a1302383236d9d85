import { defineCleanupTarget } from './define-cleanup-target.js';

/** Login attempts, kept for lockout and rate limiting, removed by age. */
export const loginAttemptsTarget = defineCleanupTarget({
  name: 'login_attempts',
  entity: 'LoginAttempt',
  summary: 'older than loginAttemptsDays',
  dueWhen: { before: 'createdAt', cutoff: 'loginAttemptsDays' },
  retention: { option: 'loginAttemptsDays' },
});
