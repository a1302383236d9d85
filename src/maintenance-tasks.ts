import * as v from 'valibot';
import type {
  AgentHeartbeatOptions,
  AgentHeartbeatSchedule,
  CompleteAgentHeartbeatSettings,
} from './agent-heartbeat/agent-heartbeat-settings.js';
import type { AgentHeartbeatEvents } from './agent-heartbeat/agent-heartbeat.events.js';
import { AGENT_HEARTBEAT_TASK } from './agent-heartbeat/agent-heartbeat.task.js';
import type { BacklogEvents } from './cleanup/backlog/backlog.events.js';
import type { CleanupOptions, CleanupSchedule, CompleteCleanupSettings } from './cleanup/cleanup-settings.js';
import { CLEANUP_TASK } from './cleanup/cleanup.task.js';
import type { ControlEvents } from './contract/control-events.js';
import type { RunEvents } from './contract/run-events.js';
import type {
  CompleteDependencyScanSettings,
  DependencyScanOptions,
  DependencyScanSchedule,
} from './dependency-scan/dependency-scan-settings.js';
import type { DependencyScanEvents } from './dependency-scan/dependency-scan.events.js';
import { DEPENDENCY_SCAN_TASK } from './dependency-scan/dependency-scan.task.js';
import type { HoldEvents } from './holds/hold.events.js';
import type { CommonScheduleSettings } from './tasks/schedule/schedule-settings.js';
import type { TotpKeyRotationEvents } from './totp-key-rotation/totp-key-rotation.events.js';
import { TOTP_KEY_ROTATION_TASK } from './totp-key-rotation/totp-key-rotation.task.js';
import type { CompleteTotpSettings, TotpOptions, TotpSchedule } from './totp-key-rotation/totp-settings.js';

/** Every task there is, the one list of them. */
export const MAINTENANCE_TASKS = [
  CLEANUP_TASK,
  AGENT_HEARTBEAT_TASK,
  TOTP_KEY_ROTATION_TASK,
  DEPENDENCY_SCAN_TASK,
] as const;

type Task = (typeof MAINTENANCE_TASKS)[number];

/** The name of a task, such as `cleanup`. */
export type TaskName = Task['name'];

/** The name of a task's command, such as `check-heartbeats`, which is taken wherever the task's name is. */
export type TaskCommandName = Task['commandName'];

/** The sections of the options that belong to tasks. */
export interface TaskOptions extends CleanupOptions, AgentHeartbeatOptions, TotpOptions, DependencyScanOptions {}

/** Those sections with every default filled in. */
export interface CompleteTaskOptions {
  readonly cleanup: CompleteCleanupSettings;
  readonly agentHeartbeat: CompleteAgentHeartbeatSettings;
  readonly totp: CompleteTotpSettings;
  readonly dependencyScan: CompleteDependencyScanSettings;
}

/** Every event by name, with its payload. */
export interface MaintenanceEventMap
  extends
    RunEvents,
    ControlEvents,
    BacklogEvents,
    HoldEvents,
    AgentHeartbeatEvents,
    TotpKeyRotationEvents,
    DependencyScanEvents {}

/** The name of an event, for `@OnEvent()`. */
export type MaintenanceEventName = keyof MaintenanceEventMap;

/** The payload of any event, told apart by its `event`: what a listener of `tenxyte-maintenance.**` is given. */
export type MaintenanceEvent = MaintenanceEventMap[MaintenanceEventName];

/** When each task runs by itself. */
export interface ScheduleSettings
  extends CommonScheduleSettings, CleanupSchedule, AgentHeartbeatSchedule, TotpSchedule, DependencyScanSchedule {}

/** The names by which a task may be called. */
export const TASK_NAMES: readonly TaskName[] = MAINTENANCE_TASKS.map(({ name }) => name);

/** The task of a name or of a command's name; undefined when there is none. */
export function taskNamed(name: unknown): Task | undefined {
  return MAINTENANCE_TASKS.find((task) => task.name === name || task.commandName === name);
}

/** The schema of the name of a task, or of its command. */
export const taskNameSchema = v.custom<TaskName | TaskCommandName>(
  (value) => taskNamed(value) !== undefined,
  `one of ${TASK_NAMES.join(', ')}`,
);
