import * as v from 'valibot';
import { defineSettings } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';

/** When a task counts as late, and how the health indicator asks. */
export interface HealthSettings {
  /** The share of its schedule's interval by which a task's success may be late; 0 to 10. @default 0.5 */
  readonly toleranceFactor?: number;
  /** Minutes by which it may be late at least, however short the interval is; 0 to 10,080. @default 5 */
  readonly minToleranceMinutes?: number;
  /** Seconds for which one measurement of the backlog serves every probe; 0 to 86,400. @default 60 */
  readonly backlogMaxAgeSeconds?: number;
  /** Milliseconds after which a probe stops waiting for the database; 100 to 60,000. @default 5000 */
  readonly timeoutMs?: number;
}

/** The settings with every default filled in. */
export type CompleteHealthSettings = Readonly<Required<HealthSettings>>;

/** The defaults of {@link HealthSettings}, the one place they stand. */
export const DEFAULT_HEALTH_SETTINGS: CompleteHealthSettings = {
  toleranceFactor: 0.5,
  minToleranceMinutes: 5,
  backlogMaxAgeSeconds: 60,
  timeoutMs: 5_000,
};

const factor = v.custom<number>(
  (value) => typeof value === 'number' && value >= 0 && value <= 10,
  'a number from 0 to 10',
);

const healthSettingsSchema = strictObject(
  {
    toleranceFactor: v.optional(factor),
    minToleranceMinutes: v.optional(wholeNumber({ max: 10_080, unit: 'minutes' })),
    backlogMaxAgeSeconds: v.optional(wholeNumber({ max: 86_400, unit: 'seconds' })),
    timeoutMs: v.optional(wholeNumber({ min: 100, max: 60_000, unit: 'milliseconds' })),
  },
  'an object of health settings',
);

/** DI token of the {@link CompleteHealthSettings}. */
export const HEALTH_SETTINGS = Symbol('TENXYTE_MAINTENANCE_HEALTH_SETTINGS');

/** The section of the options. */
export const healthSection = defineSettings({
  name: 'health',
  token: HEALTH_SETTINGS,
  schema: healthSettingsSchema,
  defaults: DEFAULT_HEALTH_SETTINGS,
});
