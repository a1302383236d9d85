import * as v from 'valibot';
import { MAX_RETENTION_DAYS } from '../../retention/retention-rule.js';
import { strictObject } from '../../validation/strict-object.js';
import { wholeNumber } from '../../validation/whole-number.js';
import { CLEANUP_TARGET_NAMES } from './cleanup-targets.js';
import type { OwnCleanupTarget, OwnDueCondition } from './own-target.js';

const NAME = 'a name of small letters, digits and underscores, at most 40, that begins with a letter';
const TAKEN = "a name that is not one of this package's targets";
const A_PROPERTY = 'the name of a property of the entity';
const ONE_CUTOFF = 'either days, or cutoff: "retention" or "expiredGraceMinutes"';
const PARTS = 'a list of at least one condition';

const name = v.pipe(
  v.string(NAME),
  v.regex(/^[a-z][a-z0-9_]{0,39}$/, NAME),
  v.check((given) => !(CLEANUP_TARGET_NAMES as readonly string[]).includes(given), TAKEN),
);
const property = v.pipe(v.string(A_PROPERTY), v.minLength(1, A_PROPERTY));
const properties = v.optional(v.array(property, 'a list of properties of the entity'));
const condition: v.GenericSchema<unknown, OwnDueCondition> = v.lazy(
  (given) => conditionOf(given) as v.GenericSchema<unknown, OwnDueCondition>,
);
const parts = v.pipe(v.array(condition, PARTS), v.minLength(1, PARTS));

/** Each condition by the key that tells it. */
const CONDITIONS = {
  before: v.pipe(
    strictObject(
      {
        before: property,
        days: v.optional(wholeNumber({ min: 1, max: MAX_RETENTION_DAYS, unit: 'days' })),
        cutoff: v.optional(v.picklist(['retention', 'expiredGraceMinutes'], ONE_CUTOFF)),
      },
      ONE_CUTOFF,
    ),
    v.check(({ days, cutoff }) => (days === undefined) !== (cutoff === undefined), ONE_CUTOFF),
  ),
  isTrue: strictObject({ isTrue: property }, A_PROPERTY),
  isNull: strictObject({ isNull: property }, A_PROPERTY),
  differs: strictObject({ differs: property, from: v.string('a text') }, A_PROPERTY),
  anyOf: strictObject({ anyOf: parts }, PARTS),
  allOf: strictObject({ allOf: parts }, PARTS),
};
const ONE_CONDITION = `a condition: an object with exactly one of ${Object.keys(CONDITIONS).join(', ')}`;

function conditionOf(given: unknown): v.GenericSchema {
  const [found, ...others] = Object.entries(CONDITIONS).filter(([key]) => Object.hasOwn(Object(given) as object, key));
  return found === undefined || others.length > 0 ? v.custom(() => false, ONE_CONDITION) : found[1];
}

const target = v.pipe(
  strictObject(
    {
      name,
      entity: v.custom((given) => typeof given === 'function', 'an entity class'),
      summary: v.pipe(v.string('a few words'), v.minLength(1, 'a few words')),
      dueWhen: condition,
      retention: v.optional(
        strictObject(
          { days: wholeNumber({ max: MAX_RETENTION_DAYS, unit: 'days', zero: 'keep forever' }) },
          'an object with days',
        ),
      ),
      dimensions: strictObject(
        {
          user: properties,
          identifier: properties,
          agentToken: properties,
          application: properties,
          organization: properties,
          action: properties,
          created: properties,
        },
        'an object of lists of properties',
      ),
    },
    'a target, as defineCleanupTarget() gives it',
  ),
  v.check(
    ({ dueWhen }) => isBounded(dueWhen),
    'a target whose every due row has an age (before) or a flag (isTrue): isNull and differs alone are true of rows that nobody means',
  ),
  v.check(
    ({ dueWhen, retention }) => usesRetention(dueWhen) === (retention !== undefined),
    'a retention where a condition has cutoff: "retention", and none where no condition has',
  ),
);

/** The schema of the host's own targets. */
export const ownTargetsSchema = v.pipe(
  v.array(target, 'a list of targets, as defineCleanupTarget() gives them'),
  v.check(
    (targets) => new Set(targets.map((one) => one.name)).size === targets.length,
    'targets with a name of its own each',
  ),
) as v.GenericSchema<unknown, OwnCleanupTarget[]>;

/** A condition that looks at nothing but what is missing or differs would be true of rows that are new. */
function isBounded(due: OwnDueCondition): boolean {
  if ('anyOf' in due) {
    return due.anyOf.every(isBounded);
  }
  return 'allOf' in due ? due.allOf.some(isBounded) : 'before' in due || 'isTrue' in due;
}

function usesRetention(due: OwnDueCondition): boolean {
  if ('anyOf' in due || 'allOf' in due) {
    return ('anyOf' in due ? due.anyOf : due.allOf).some(usesRetention);
  }
  return 'cutoff' in due && due.cutoff === 'retention';
}
