import { defineCleanupTarget } from './define-cleanup-target.js';

/** Actions that agents asked a person to confirm, which Tenxyte itself never cleans. */
export const agentPendingActionsTarget = defineCleanupTarget({
  name: 'agent_pending_actions',
  entity: 'AgentPendingAction',
  summary: 'expired and older than agentPendingActionDays',
  dueWhen: {
    allOf: [
      { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
      { before: 'createdAt', cutoff: 'agentPendingActionDays' },
    ],
  },
  retention: { option: 'agentPendingActionDays' },
});
