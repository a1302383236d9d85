/** A task of this package, as the schedule, the runs table and the command line know it. */
export interface MaintenanceTask {
  /** The stable name, in reports and in the runs table. */
  readonly name: string;
  /** Its field of the `schedule` option. */
  readonly scheduleOption: string;
  /** The name of its cron job in the host's `SchedulerRegistry`. */
  readonly jobName: string;
  /** When it runs unless the options say otherwise: a cron expression. */
  readonly defaultExpression: string;
  /** True when a slot that nobody ran is run once at the next start-up. */
  readonly catchesUp: boolean;
}

/** The retention cleanup. */
export const CLEANUP_TASK = {
  name: 'cleanup',
  scheduleOption: 'cleanup',
  jobName: 'tenxyte-maintenance.cleanup',
  defaultExpression: '0 3 * * *',
  catchesUp: true,
} as const satisfies MaintenanceTask;

/** The agent heartbeat monitor. A minute later it runs anyway, so a missed slot is not caught up on. */
export const AGENT_HEARTBEAT_TASK = {
  name: 'agent-heartbeat',
  scheduleOption: 'agentHeartbeat',
  jobName: 'tenxyte-maintenance.agent-heartbeat',
  defaultExpression: '* * * * *',
  catchesUp: false,
} as const satisfies MaintenanceTask;

/** The TOTP key rotation. Scheduled once the `totp` option gives keys. */
export const TOTP_KEY_ROTATION_TASK = {
  name: 'totp-key-rotation',
  scheduleOption: 'totpKeyRotation',
  jobName: 'tenxyte-maintenance.totp-key-rotation',
  defaultExpression: '0 5 1 * *',
  catchesUp: true,
} as const satisfies MaintenanceTask;

/** The dependency scan. Scheduled once the `dependencyScan` option is given. */
export const DEPENDENCY_SCAN_TASK = {
  name: 'dependency-scan',
  scheduleOption: 'dependencyScan',
  jobName: 'tenxyte-maintenance.dependency-scan',
  defaultExpression: '0 4 1 * *',
  catchesUp: true,
} as const satisfies MaintenanceTask;

/** Every task there is, the one list of them. */
export const MAINTENANCE_TASKS = [
  CLEANUP_TASK,
  AGENT_HEARTBEAT_TASK,
  TOTP_KEY_ROTATION_TASK,
  DEPENDENCY_SCAN_TASK,
] as const;

/** The name of a task, such as `cleanup`. */
export type TaskName = (typeof MAINTENANCE_TASKS)[number]['name'];

/** A task's field of the `schedule` option, such as `agentHeartbeat`. */
export type TaskScheduleOption = (typeof MAINTENANCE_TASKS)[number]['scheduleOption'];
