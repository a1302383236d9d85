import { z } from 'zod';
import { OPT_IN_TARGET_NAMES } from '../cleanup/targets/cleanup-targets.js';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import type { RetentionBounds } from '../retention/retention-bounds.js';
import { BOUNDED_RETENTION_OPTIONS, retentionBoundsViolations } from '../retention/retention-bounds.js';
import type { RetentionSource } from '../retention/retention-provider-source.js';
import type { RetentionPolicy } from '../retention/retention-policy.js';
import { completeRetentionPolicy, MAX_RETENTION_DAYS, retentionPolicySchema } from '../retention/retention-policy.js';
import type { ResolvedMaintenanceOptions, TenxyteMaintenanceOptions } from './maintenance-options.js';
import { DEFAULT_CLEANUP_SETTINGS } from './maintenance-options.js';
import { assertNoProblems, findProblems } from './validation.js';
import { wholeNumber } from './whole-number.js';

const SOURCE_KEYS = ['useClass', 'useExisting', 'useFactory'] as const;

const boundDays = wholeNumber({ max: MAX_RETENTION_DAYS, unit: 'days' });
const retentionWindow = z
  .strictObject({ minDays: boundDays.optional(), maxDays: boundDays.optional() }, { error: '{ minDays?, maxDays? }' })
  .refine(({ minDays = 0, maxDays = Infinity }) => minDays <= maxDays, { error: 'a minDays not above maxDays' });

const providerReference = z.custom<object>(
  (value) => typeof value === 'function' || typeof value === 'symbol' || typeof value === 'string',
  { error: 'a class or a provider token' },
);
const providerSourceSchema = z.union(
  [
    z.strictObject({ useClass: z.custom((value) => typeof value === 'function') }),
    z.strictObject({ useExisting: providerReference }),
    z.strictObject({
      useFactory: z.custom((value) => typeof value === 'function'),
      inject: z.array(z.any()).optional(),
    }),
  ],
  { error: 'exactly one of { useClass }, { useExisting } and { useFactory, inject? }' },
);

const cleanupSettingsSchema = z.strictObject(
  {
    include: z
      .array(z.enum(OPT_IN_TARGET_NAMES, { error: `one of ${OPT_IN_TARGET_NAMES.join(', ')}` }), {
        error: 'a list of target names',
      })
      .optional(),
    lockTimeoutMs: wholeNumber({ min: 1, max: 600_000, unit: 'milliseconds' }).optional(),
    statementTimeoutMs: wholeNumber({ min: 1, max: 3_600_000, unit: 'milliseconds' }).optional(),
    targetBatchMs: wholeNumber({ min: 1, max: 10_000, unit: 'milliseconds' }).optional(),
  },
  { error: 'an object of cleanup settings' },
);

const optionsSchema = z.strictObject(
  {
    retention: z.unknown().optional(),
    retentionBounds: z
      .strictObject(
        Object.fromEntries(BOUNDED_RETENTION_OPTIONS.map((option) => [option, retentionWindow.optional()])),
        {
          error: 'windows by retention option',
        },
      )
      .optional(),
    cleanup: cleanupSettingsSchema.optional(),
  },
  { error: 'an object of options' },
);

/**
 * Validates the options of the module and fills in the defaults.
 *
 * @throws {MaintenanceConfigError} listing every problem with its path, what came and what is accepted
 */
export function resolveMaintenanceOptions(options: TenxyteMaintenanceOptions = {}): ResolvedMaintenanceOptions {
  const problems = findProblems(optionsSchema, options);
  const { retention = {}, retentionBounds = {}, cleanup = {} } = options ?? {};
  problems.push(...retentionProblems(retention));
  if (problems.length === 0) {
    problems.push(...boundsProblems(retention, retentionBounds));
  }
  assertNoProblems('Invalid options of TenxyteMaintenanceModule', problems);
  return { retention, retentionBounds, cleanup: { ...DEFAULT_CLEANUP_SETTINGS, ...withoutUndefined(cleanup) } };
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
