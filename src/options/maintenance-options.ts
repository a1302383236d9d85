import type { Provider } from '@nestjs/common';
import * as v from 'valibot';
import { ACKNOWLEDGED } from '../tenxyte/tenxyte-tables.js';
import { BATCH_LIMITS } from '../batches/batch-limits.js';
import { type CompleteCleanupSettings, DEFAULT_CLEANUP_SETTINGS } from '../cleanup/cleanup-settings.js';
import { ownRuledTargets } from '../cleanup/targets/targets-in-force.js';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import {
  type CompleteTaskOptions,
  MAINTENANCE_TASKS,
  type ScheduleSettings,
  type TaskOptions,
} from '../maintenance-tasks.js';
import { type CompleteHoldSettings, type HoldOptions, holdSection } from '../holds/hold-settings.js';
import { BOUNDED_RETENTION_OPTIONS } from '../retention/retention-bounds.js';
import {
  boundsProblems,
  plainPolicy,
  RETENTION_SETTINGS,
  type RetentionOptions,
  type RetentionSettings,
  retentionShape,
} from '../retention/retention-settings.js';
import { OWN_RULED_TARGETS } from '../retention/retention-rule.js';
import { ruleProblems } from '../retention/rules-schema.js';
import { daysByRule } from '../retention/rule-precedence.js';
import { type CompleteHealthSettings, healthSection, type HealthSettings } from '../status/health-settings.js';
import {
  type CompleteCoordinationSettings,
  COORDINATION_SETTINGS,
  type CoordinationSettings,
  coordinationShape,
  DEFAULT_COORDINATION,
  shortestLeaseSeconds,
} from '../tasks/coordination-settings.js';
import { type CompletePingSettings, pingSection, type PingSettings } from '../tasks/ping/ping-settings.js';
import {
  completeSchedule,
  type CompleteScheduleSettings,
  SCHEDULE_SETTINGS,
  scheduleProblems,
  scheduleSettingsSchema,
} from '../tasks/schedule/schedule-settings.js';
import {
  DECIDED_BY_PROVIDER,
  MAINTENANCE_POLICY,
  type MaintenancePolicy,
  policyValues,
} from '../tasks/policy/maintenance-policy.js';
import { DEFAULT_LOG_FORMAT, LOG_FORMAT, type LogFormat, logFormatSchema } from '../telemetry/maintenance-log.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { type SettingsSection, withoutUndefined } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { assertNoProblems, validate } from '../validation/validation.js';

/** The options that belong to no task. */
interface CommonOptions {
  /**
   * When each task runs by itself, once the host has a `ScheduleModule`. An expression has five fields, or six with seconds before them;
   * names (`MON`) and `@daily` and its like work too. One that names no instant at all (`0 0 30 2 *`) is an error. @default see
   * {@link ScheduleSettings}
   */
  readonly schedule?: ScheduleSettings;
  /** Whether the host's logger is given text or objects; the command line prints text. @default 'text' */
  readonly logFormat?: LogFormat;
  /** When a task counts as late, and how the health indicator asks. @default see {@link HealthSettings} */
  readonly health?: HealthSettings;
  /** Who is told that a task began, succeeded or failed. @default see {@link PingSettings} */
  readonly ping?: PingSettings;
}

/** Options of `TenxyteMaintenanceModule.forRoot()`. Every one may be left out. */
export interface TenxyteMaintenanceOptions
  extends RetentionOptions, TaskOptions, HoldOptions, CommonOptions, CoordinationSettings {}

/** The options with every default filled in. */
export interface ResolvedMaintenanceOptions extends RetentionSettings, CompleteTaskOptions {
  readonly schedule: CompleteScheduleSettings;
  readonly coordination: CompleteCoordinationSettings;
  readonly logFormat: LogFormat;
  readonly health: CompleteHealthSettings;
  readonly ping: CompletePingSettings;
  readonly holds: CompleteHoldSettings;
}

const NO_WINDOW = { minDays: null, maxDays: null };
const SECTIONS: readonly SettingsSection[] = [
  ...MAINTENANCE_TASKS.map(({ settings }) => settings),
  holdSection,
  healthSection,
  pingSection(MAINTENANCE_TASKS),
];

const optionsShape = {
  ...retentionShape,
  ...Object.fromEntries(SECTIONS.map(({ name, schema }) => [name, v.optional(schema)])),
  schedule: v.optional(scheduleSettingsSchema(MAINTENANCE_TASKS)),
  logFormat: v.optional(logFormatSchema),
  ...coordinationShape,
};

const optionsSchema = strictObject(optionsShape, 'an object of options');

/** The beginning of an error about the options. */
export const INVALID_OPTIONS = 'Invalid options of TenxyteMaintenanceModule';

/** The names of the options, those of their sections aside. */
export const OPTION_NAMES: readonly string[] = Object.keys(optionsShape);

/** DI token of the {@link ResolvedMaintenanceOptions}; each feature is given its own section by a token of its own. */
export const MAINTENANCE_OPTIONS = Symbol('TENXYTE_MAINTENANCE_OPTIONS');

/** The sections of the options, each under the token of the feature that owns it. */
export const SETTINGS_PROVIDERS: readonly Provider[] = [
  ...SECTIONS.map(({ name, token }) => provide(token, (options) => Reflect.get(options, name) as unknown)),
  provide(OWN_RULED_TARGETS, ({ cleanup }) => ownRuledTargets(cleanup)),
  provide(RETENTION_SETTINGS, (options) => options),
  provide(SCHEDULE_SETTINGS, ({ schedule }) => schedule),
  provide(COORDINATION_SETTINGS, ({ coordination }) => coordination),
  provide(MAINTENANCE_POLICY, policyOf),
  provide(LOG_FORMAT, ({ logFormat }) => logFormat),
  provide(BATCH_LIMITS, ({ cleanup }) => cleanup),
  provide(ACKNOWLEDGED, ({ cleanup }) => cleanup.acknowledge),
];

/**
 * Validates the options of the module one by one, and gives them with their own properties alone, as {@link strictObject} does.
 *
 * @throws {MaintenanceConfigError} listing every problem with its path, what came and what is accepted
 */
export function validateMaintenanceOptions(options: TenxyteMaintenanceOptions = {}): TenxyteMaintenanceOptions {
  return validate(INVALID_OPTIONS, optionsSchema, options) as TenxyteMaintenanceOptions;
}

/**
 * Validates the options of the module, also against each other, and fills in the defaults.
 *
 * @throws {MaintenanceConfigError} listing every problem with its path, what came and what is accepted
 */
export function resolveMaintenanceOptions(options?: TenxyteMaintenanceOptions): ResolvedMaintenanceOptions {
  const given = validateMaintenanceOptions(options);
  const byName: Readonly<Record<string, unknown>> = { ...given };
  const sections = Object.fromEntries(SECTIONS.map((each) => [each.name, each.complete(byName[each.name] as never)]));
  const resolved = {
    ...sections,
    retention: given.retention ?? {},
    retentionBounds: withoutPrototype(given.retentionBounds ?? {}),
    schedule: completeSchedule(MAINTENANCE_TASKS, byName),
    coordination: coordinationOf(given),
    logFormat: given.logFormat ?? DEFAULT_LOG_FORMAT,
  } as unknown as ResolvedMaintenanceOptions;
  assertNoProblems(INVALID_OPTIONS, [
    ...ruleProblems(plainPolicy(resolved.retention)?.rules ?? [], ownRuledTargets(resolved.cleanup), 'retention.rules'),
    ...boundsProblems(resolved),
    ...leaseProblems(resolved.cleanup, resolved.coordination),
    ...scheduleProblems(MAINTENANCE_TASKS, byName),
  ]);
  return resolved;
}

/** Its values that decide what goes and what stays. */
export function policyOf(options: ResolvedMaintenanceOptions): MaintenancePolicy {
  const { retention, retentionBounds } = options;
  const bounds = BOUNDED_RETENTION_OPTIONS.map((option) => [option, { ...NO_WINDOW, ...retentionBounds[option] }]);
  const sections = SECTIONS.map(({ name, policy = [], notedAs = {} }) => {
    const settings = Object(Reflect.get(options, name)) as object;
    const values = policy.map((field): [string, unknown] => {
      const value = Reflect.get(settings, field) as never;
      return [field, notedAs[field]?.(value) ?? value];
    });
    return policyValues(name, Object.fromEntries(values));
  });
  const policy = plainPolicy(retention);
  return Object.assign(
    policy === undefined
      ? { retention: DECIDED_BY_PROVIDER }
      : policyValues('retention', { ...policy, rules: daysByRule(policy.rules) }),
    policyValues('retentionBounds', Object.fromEntries(bounds)),
    ...sections,
  ) as MaintenancePolicy;
}

function provide(token: symbol, part: (options: ResolvedMaintenanceOptions) => unknown): Provider {
  return { provide: token, inject: [MAINTENANCE_OPTIONS], useFactory: part };
}

function coordinationOf(options: TenxyteMaintenanceOptions): CompleteCoordinationSettings {
  const names = Object.keys(coordinationShape);
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
  const limits = { ...DEFAULT_CLEANUP_SETTINGS, ...withoutUndefined(options.cleanup ?? {}) };
  const leaseSeconds = Math.max(DEFAULT_COORDINATION.leaseSeconds, shortestLeaseSeconds(limits));
  return { ...DEFAULT_COORDINATION, leaseSeconds, ...withoutUndefined(given) };
}

/** A lease that runs out while its owner is at work would let a second run begin beside it. */
function leaseProblems(
  cleanup: CompleteCleanupSettings,
  { leaseSeconds }: CompleteCoordinationSettings,
): ConfigProblem[] {
  const shortest = shortestLeaseSeconds(cleanup);
  return leaseSeconds >= shortest
    ? []
    : [
        {
          path: 'leaseSeconds',
          received: String(leaseSeconds),
          accepted: `at least ${shortest}, three times cleanup.statementTimeoutMs, twice cleanup.lockTimeoutMs and cleanup.pauseBetweenBatchesMs: the slowest batch must fit into a lease`,
        },
      ];
}
