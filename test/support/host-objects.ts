import { validateAgentHeartbeatRequest } from '../../src/agent-heartbeat/agent-heartbeat-request.js';
import { validateBacklogRequest } from '../../src/cleanup/backlog/backlog-request.js';
import { validateCleanupRequest } from '../../src/cleanup/cleanup-request.js';
import { validateDependencyScanRequest } from '../../src/dependency-scan/dependency-scan-request.js';
import { validateHealthOptions } from '../../src/health/maintenance-health.js';
import { MAINTENANCE_TASKS } from '../../src/maintenance-tasks.js';
import { validateMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { retentionPolicySchema } from '../../src/retention/retention-policy.js';
import { healthSection } from '../../src/status/health-settings.js';
import { validateRunHistoryRequest } from '../../src/status/run-history-request.js';
import { validateTotpKeyRotationRequest } from '../../src/totp-key-rotation/totp-key-rotation-request.js';
import { validate } from '../../src/validation/validation.js';

/** Reads an object, and refuses a wrong one. */
type Read = (given: object) => object;

const SECTIONS = [...MAINTENANCE_TASKS.map(({ settings }) => settings), healthSection];
const ADVISORY = { id: 'GHSA-1', reason: 'unreachable', expires: '2026-12-31' };
const BRAKE = { minAgents: 1, maxFraction: 0.5 };

/** Every object that comes from a host: how it is read, and the least of it that is valid. */
export const HOST_OBJECTS: readonly (readonly [string, Read, object])[] = [
  ['the options', validateMaintenanceOptions, {}],
  ...SECTIONS.map(
    ({ name, schema }) => [name, (given: object) => validate(name, schema, given) as object, {}] as const,
  ),
  ['schedule', (schedule) => validateMaintenanceOptions({ schedule }).schedule ?? {}, {}],
  ['the answer of a retention provider', (policy) => validate('policy', retentionPolicySchema, policy), {}],
  ['retentionBounds', (retentionBounds) => validateMaintenanceOptions({ retentionBounds }).retentionBounds ?? {}, {}],
  [
    'a retention window',
    (auditLogDays) =>
      validateMaintenanceOptions({ retentionBounds: { auditLogDays } }).retentionBounds?.auditLogDays ?? {},
    {},
  ],
  [
    'massSuspensionBrake',
    (massSuspensionBrake) =>
      validateMaintenanceOptions({ agentHeartbeat: { massSuspensionBrake: massSuspensionBrake as typeof BRAKE } })
        .agentHeartbeat?.massSuspensionBrake ?? {},
    BRAKE,
  ],
  [
    'an allowed advisory',
    (advisory) =>
      validateMaintenanceOptions({ dependencyScan: { allow: [advisory as typeof ADVISORY] } }).dependencyScan
        ?.allow?.[0] ?? {},
    ADVISORY,
  ],
  ['the request of a cleanup', validateCleanupRequest, {}],
  ['the request of a backlog', validateBacklogRequest, {}],
  ['the request of a heartbeat check', validateAgentHeartbeatRequest, {}],
  ['the request of a rotation', validateTotpKeyRotationRequest, {}],
  ['the request of a scan', validateDependencyScanRequest, {}],
  ['the request of a history', validateRunHistoryRequest, {}],
  ['the request of a health check', validateHealthOptions, {}],
];

/** A value for everything that a host may give: whatever is read of them shows. */
export const POLLUTION: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(HOST_OBJECTS.flatMap(([, read, least]) => Object.keys(read(least)).map((name) => [name, 1]))),
  dryRun: true,
  force: true,
  exact: true,
  only: ['otp_codes'],
  include: ['webauthn_challenges'],
  signal: AbortSignal.abort(),
  onProgress: () => undefined,
  mode: 'atomic',
  encryptPlaintext: true,
  expireTokens: true,
  massSuspensionBrake: { minAgents: 1, maxFraction: 0.01 },
  keys: [],
  level: 'low',
  cwd: '/nowhere',
  allow: [],
  task: 'cleanup',
  status: 'failed',
  since: '2999-01-01',
  tasks: ['cleanup'],
  lastRun: false,
  lastSuccess: false,
  backlog: false,
  retention: { option: 'auditLogDays' },
  retentionBounds: { auditLogDays: { maxDays: 1 } },
  schedule: { cleanup: false },
  dependencyScan: {},
  totp: { keys: [] },
};
