import * as v from 'valibot';
import {
  agentHeartbeatSettingsSchema,
  DEFAULT_AGENT_HEARTBEAT_SETTINGS,
} from '../agent-heartbeat/agent-heartbeat-settings.js';
import { runDurationMs } from '../cleanup/run-duration.js';
import { OPT_IN_TARGET_NAMES } from '../cleanup/targets/cleanup-targets.js';
import {
  DEFAULT_DEPENDENCY_SCAN_SETTINGS,
  dependencyScanSettingsSchema,
} from '../dependency-scan/dependency-scan-settings.js';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { DEFAULT_HEALTH_SETTINGS, healthSettingsSchema } from '../health/health-settings.js';
import {
  BOUNDED_RETENTION_OPTIONS,
  type RetentionBounds,
  retentionBoundsViolations,
} from '../retention/retention-bounds.js';
import {
  completeRetentionPolicy,
  MAX_RETENTION_DAYS,
  type RetentionPolicy,
  retentionPolicySchema,
} from '../retention/retention-policy.js';
import type { RetentionSource } from '../retention/retention-provider-source.js';
import {
  type CompleteCoordinationSettings,
  coordinationShape,
  DEFAULT_COORDINATION,
  shortestLeaseSeconds,
} from '../tasks/coordination-settings.js';
import {
  type CompleteScheduleSettings,
  DEFAULT_SCHEDULE,
  scheduleSettingsSchema,
} from '../tasks/schedule/schedule-settings.js';
import { DEFAULT_LOG_FORMAT, logFormatSchema } from '../telemetry/maintenance-log.js';
import { completeTotpSettings, totpSettingsSchema } from '../totp-key-rotation/totp-settings.js';
import { strictObject } from '../validation/strict-object.js';
import { assertNoProblems, describeValue, findProblems } from '../validation/validation.js';
import { wholeNumber } from '../validation/whole-number.js';
import {
  DEFAULT_CLEANUP_SETTINGS,
  type ResolvedMaintenanceOptions,
  type TenxyteMaintenanceOptions,
} from './maintenance-options.js';

const SOURCE_KEYS = ['useClass', 'useExisting', 'useFactory'] as const;

/** Tasks that need more than a database. */
const UNSCHEDULED_UNLESS_CONFIGURED = [
  {
    scheduleOption: 'totpKeyRotation',
    isConfigured: ({ totp }: TenxyteMaintenanceOptions) => (totp?.keys ?? []).length > 0,
    needs: 'totp.keys',
  },
  {
    scheduleOption: 'dependencyScan',
    isConfigured: ({ dependencyScan }: TenxyteMaintenanceOptions) => dependencyScan !== undefined,
    needs: 'the dependencyScan option, which may be {}',
  },
] as const;

const boundDays = wholeNumber({ max: MAX_RETENTION_DAYS, unit: 'days' });
const retentionWindow = v.pipe(
  strictObject({ minDays: v.optional(boundDays), maxDays: v.optional(boundDays) }, '{ minDays?, maxDays? }'),
  v.check(({ minDays = 0, maxDays = Infinity }) => minDays <= maxDays, 'a minDays not above maxDays'),
);

const oneSource = 'exactly one of { useClass }, { useExisting } and { useFactory, inject? }';
const typed = (...types: readonly string[]): v.GenericSchema => v.custom((value) => types.includes(typeof value));
const providerSourceSchema = v.union(
  [
    strictObject({ useClass: typed('function') }, oneSource),
    strictObject({ useExisting: typed('function', 'symbol', 'string') }, oneSource),
    strictObject({ useFactory: typed('function'), inject: v.optional(v.array(v.unknown())) }, oneSource),
  ],
  oneSource,
);

const extraTarget = v.picklist(OPT_IN_TARGET_NAMES, `one of ${OPT_IN_TARGET_NAMES.join(', ')}`);
const share = 'a number from 0 to 1 (0 = off)';
const cleanupSettingsSchema = strictObject(
  {
    include: v.optional(v.array(extraTarget, 'a list of target names')),
    lockTimeoutMs: v.optional(wholeNumber({ min: 1, max: 600_000, unit: 'milliseconds' })),
    statementTimeoutMs: v.optional(wholeNumber({ min: 1, max: 3_600_000, unit: 'milliseconds' })),
    targetBatchMs: v.optional(wholeNumber({ min: 1, max: 10_000, unit: 'milliseconds' })),
    maxConnections: v.optional(wholeNumber({ min: 1, max: 2, unit: 'connections' })),
    maxRowsPerTarget: v.optional(wholeNumber({ max: 1_000_000_000_000, unit: 'rows', zero: 'off' })),
    maxFractionPerTarget: v.optional(v.pipe(v.number(share), v.minValue(0, share), v.maxValue(1, share))),
    maxDurationMs: v.optional(runDurationMs),
    pauseBetweenBatchesMs: v.optional(wholeNumber({ max: 60_000, unit: 'milliseconds', zero: 'no pause' })),
  },
  'an object of cleanup settings',
);

const retentionBoundsSchema = strictObject(
  Object.fromEntries(BOUNDED_RETENTION_OPTIONS.map((option) => [option, v.optional(retentionWindow)])),
  'windows by retention option',
);
const optionsSchema = strictObject(
  {
    retention: v.optional(v.unknown()),
    retentionBounds: v.optional(retentionBoundsSchema),
    cleanup: v.optional(cleanupSettingsSchema),
    agentHeartbeat: v.optional(agentHeartbeatSettingsSchema),
    totp: v.optional(totpSettingsSchema),
    dependencyScan: v.optional(dependencyScanSettingsSchema),
    schedule: v.optional(scheduleSettingsSchema),
    logFormat: v.optional(logFormatSchema),
    health: v.optional(healthSettingsSchema),
    ...coordinationShape,
  },
  'an object of options',
);

/**
 * Validates the options of the module and fills in the defaults.
 *
 * @throws {MaintenanceConfigError} listing every problem with its path, what came and what is accepted
 */
export function resolveMaintenanceOptions(options: TenxyteMaintenanceOptions = {}): ResolvedMaintenanceOptions {
  const subject = 'Invalid options of TenxyteMaintenanceModule';
  const { retention = {}, retentionBounds = {} } = options ?? {};
  assertNoProblems(subject, [...findProblems(optionsSchema, options), ...retentionProblems(retention)]);
  const resolved = { retention, retentionBounds, ...completeSettings(options) };
  assertNoProblems(subject, [
    ...boundsProblems(retention, retentionBounds),
    ...leaseProblems(resolved),
    ...scheduleProblems(options),
  ]);
  return resolved;
}

function completeSettings(
  options: TenxyteMaintenanceOptions,
): Omit<ResolvedMaintenanceOptions, 'retention' | 'retentionBounds'> {
  const { cleanup = {}, agentHeartbeat = {}, totp = {}, dependencyScan = {}, health = {} } = options;
  return {
    cleanup: { ...DEFAULT_CLEANUP_SETTINGS, ...withoutUndefined(cleanup) },
    agentHeartbeat: { ...DEFAULT_AGENT_HEARTBEAT_SETTINGS, ...withoutUndefined(agentHeartbeat) },
    totp: completeTotpSettings(totp),
    dependencyScan: { ...DEFAULT_DEPENDENCY_SCAN_SETTINGS, ...withoutUndefined(dependencyScan) },
    schedule: scheduleOf(options),
    coordination: coordinationOf(options),
    logFormat: options.logFormat ?? DEFAULT_LOG_FORMAT,
    health: { ...DEFAULT_HEALTH_SETTINGS, ...withoutUndefined(health) },
  };
}

/** What has nothing to work with is not scheduled. */
function scheduleOf({ schedule = {}, ...options }: TenxyteMaintenanceOptions): CompleteScheduleSettings {
  const unconfigured = UNSCHEDULED_UNLESS_CONFIGURED.filter(({ isConfigured }) => !isConfigured(options));
  const off = Object.fromEntries(unconfigured.map(({ scheduleOption }) => [scheduleOption, false]));
  return { ...DEFAULT_SCHEDULE, ...off, ...withoutUndefined(schedule) };
}

/** An expression for a task that could do nothing would be a job that silently never does its work. */
function scheduleProblems({ schedule = {}, ...options }: TenxyteMaintenanceOptions): ConfigProblem[] {
  return UNSCHEDULED_UNLESS_CONFIGURED.filter(
    ({ scheduleOption, isConfigured }) => typeof schedule[scheduleOption] === 'string' && !isConfigured(options),
  ).map(({ scheduleOption, needs }) => ({
    path: `schedule.${scheduleOption}`,
    received: describeValue(schedule[scheduleOption]),
    accepted: `false, or an expression together with ${needs}`,
  }));
}

function coordinationOf(options: TenxyteMaintenanceOptions): CompleteCoordinationSettings {
  const names = Object.keys(coordinationShape);
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
  const limits = { ...DEFAULT_CLEANUP_SETTINGS, ...withoutUndefined(options.cleanup ?? {}) };
  const leaseSeconds = Math.max(DEFAULT_COORDINATION.leaseSeconds, shortestLeaseSeconds(limits));
  return { ...DEFAULT_COORDINATION, leaseSeconds, ...withoutUndefined(given) };
}

/** A lease that runs out while its owner is at work would let a second run begin beside it. */
function leaseProblems({
  cleanup,
  coordination,
}: Pick<ResolvedMaintenanceOptions, 'cleanup' | 'coordination'>): ConfigProblem[] {
  const shortest = shortestLeaseSeconds(cleanup);
  return coordination.leaseSeconds >= shortest
    ? []
    : [
        {
          path: 'leaseSeconds',
          received: String(coordination.leaseSeconds),
          accepted: `at least ${shortest}, three times cleanup.statementTimeoutMs, twice cleanup.lockTimeoutMs and cleanup.pauseBetweenBatchesMs: the slowest batch must fit into a lease`,
        },
      ];
}

function retentionProblems(retention: RetentionSource): ConfigProblem[] {
  return findProblems(isProviderSource(retention) ? providerSourceSchema : retentionPolicySchema, retention, [
    'retention',
  ]);
}

function boundsProblems(retention: RetentionSource, bounds: RetentionBounds): ConfigProblem[] {
  if (isProviderSource(retention)) {
    return [];
  }
  return retentionBoundsViolations(completeRetentionPolicy(retention as RetentionPolicy), bounds).map((violation) => ({
    path: 'retention',
    received: `outside retentionBounds (${violation})`,
    accepted: 'a policy within them',
  }));
}

function isProviderSource(retention: RetentionSource): boolean {
  return typeof retention === 'object' && retention !== null && SOURCE_KEYS.some((key) => key in retention);
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<Value>;
}
