import type { AgentHeartbeatEvents } from './agent-heartbeat/agent-heartbeat.events.js';
import type { BacklogEvents } from './cleanup/backlog/backlog.events.js';
import type { RunEvents } from './contract/run-events.js';
import type { DependencyScanEvents } from './dependency-scan/dependency-scan.events.js';
import type { TotpKeyRotationEvents } from './totp-key-rotation/totp-key-rotation.events.js';

/** Every event by name, with its payload. */
export interface MaintenanceEventMap
  extends RunEvents, BacklogEvents, AgentHeartbeatEvents, TotpKeyRotationEvents, DependencyScanEvents {}

/** The name of an event, for `@OnEvent()`. */
export type MaintenanceEventName = keyof MaintenanceEventMap;
