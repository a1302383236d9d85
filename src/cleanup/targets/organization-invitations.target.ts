import { defineCleanupTarget } from './define-cleanup-target.js';

/** Invitations that nobody accepted in time, which Tenxyte itself never cleans. An accepted one is a record and stays. */
export const organizationInvitationsTarget = defineCleanupTarget({
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
});
