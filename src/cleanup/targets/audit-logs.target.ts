import { defineCleanupTarget } from './define-cleanup-target.js';

/** The audit trail, removed by age; often bound by law both ways: see `retentionBounds`. */
export const auditLogsTarget = defineCleanupTarget({
  name: 'audit_logs',
  entity: 'AuditLog',
  summary: 'older than auditLogDays',
  dueWhen: { before: 'createdAt', cutoff: 'auditLogDays' },
  retention: { option: 'auditLogDays' },
});
