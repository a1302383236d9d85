import { defineSettings } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import * as v from 'valibot';

/** Legal holds. */
export interface HoldSettings {
  /**
   * Days that a hold stays in force after its release, so that a release by mistake can be made good by placing another one; 0 to 365.
   * 0 = it ends at once. @default 7
   */
  readonly coolDownDays?: number;
}

/** The section of the options that legal holds own. */
export interface HoldOptions {
  readonly holds?: HoldSettings;
}

/** The settings with every default filled in. */
export type CompleteHoldSettings = Readonly<Required<HoldSettings>>;

/** DI token of the {@link CompleteHoldSettings}. */
export const HOLD_SETTINGS = Symbol('TENXYTE_MAINTENANCE_HOLD_SETTINGS');

/** The section of legal holds. */
export const holdSection = defineSettings({
  name: 'holds',
  token: HOLD_SETTINGS,
  schema: strictObject(
    { coolDownDays: v.optional(wholeNumber({ max: 365, unit: 'days', zero: 'at once' })) },
    'an object of hold settings',
  ),
  defaults: { coolDownDays: 7 },
});
