import * as v from 'valibot';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { withoutUndefined } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import { BOUNDED_RETENTION_OPTIONS, type RetentionBounds, retentionBoundsViolations } from './retention-bounds.js';
import { type CompleteRetentionPolicy, completeRetentionPolicy, retentionPolicySchema } from './retention-policy.js';
import type { RetentionSource } from './retention-provider-source.js';
import { MAX_RETENTION_DAYS } from './retention-rule.js';

/** The options that retention owns. */
export interface RetentionOptions {
  /**
   * How long records are kept: plain values, or where to find a class with `getRetention()` that is asked at every run, as `{ useClass }`,
   * `{ useExisting }` or `{ useFactory, inject }`. @default see {@link RetentionPolicy}
   */
  readonly retention?: RetentionSource;
  /** Compliance windows; a policy outside them, from whichever source, is an error, before anything is deleted. @default {} */
  readonly retentionBounds?: RetentionBounds;
}

/** Where the policy comes from, and what binds it. */
export type RetentionSettings = Readonly<Required<RetentionOptions>>;

/** DI token of the {@link RetentionSettings}. */
export const RETENTION_SETTINGS = Symbol('TENXYTE_MAINTENANCE_RETENTION_SETTINGS');

const SOURCE_KEYS = ['useClass', 'useExisting', 'useFactory'] as const;

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

/** A policy keeps the fields that are given alone: an undefined one is refused when the policy is asked for. */
const sourceSchema = v.lazy((source) =>
  isProviderSource(source) ? providerSourceSchema : v.pipe(retentionPolicySchema, v.transform(withoutUndefined)),
);

/** The schemas of the options. */
export const retentionShape = {
  retention: v.optional(sourceSchema),
  retentionBounds: v.optional(
    strictObject(
      Object.fromEntries(BOUNDED_RETENTION_OPTIONS.map((option) => [option, v.optional(retentionWindow)])),
      'windows by retention option',
    ),
  ),
};

/** The bounds that a policy of plain values breaks. */
export function boundsProblems({ retention, retentionBounds }: RetentionSettings): ConfigProblem[] {
  const policy = plainPolicy(retention);
  if (policy === undefined) {
    return [];
  }
  return retentionBoundsViolations(policy, retentionBounds).map((violation) => ({
    path: 'retention',
    received: `outside retentionBounds (${violation})`,
    accepted: 'a policy within them',
  }));
}

/** The policy of plain values that were found valid, complete; undefined where a provider is asked at every run. */
export function plainPolicy(retention: RetentionSource): CompleteRetentionPolicy | undefined {
  return isProviderSource(retention) ? undefined : completeRetentionPolicy(retention as CompleteRetentionPolicy);
}

/** True of a source that names a provider, which is asked at every run. */
export function isProviderSource(retention: unknown): boolean {
  return SOURCE_KEYS.some((key) => Object.hasOwn(Object(retention) as object, key));
}
