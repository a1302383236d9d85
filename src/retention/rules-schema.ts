import * as v from 'valibot';
import { withoutPrototype } from '../validation/own-properties.js';
import { withoutUndefined } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import {
  type CompleteRetentionRule,
  MAX_RETENTION_DAYS,
  RULE_DIMENSIONS,
  RULED_TARGET_NAMES,
  RULED_TARGETS,
} from './retention-rule.js';
import { ruleTies } from './rule-precedence.js';

const MAX_RULES = 1_000;
const MAX_VALUES = 10_000;
const MAX_LENGTH = 200;
const MAX_PRIORITY = 1_000;

const isText = (value: unknown): boolean =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= MAX_LENGTH &&
  value.isWellFormed() &&
  !value.includes('\0');

const ids = listOf(
  v.pipe(
    v.custom<number | string>(
      (value) => Number.isSafeInteger(value) || isText(value),
      'an id: a whole number, or a text',
    ),
    v.transform(String),
  ),
  'ids',
);
const actions = listOf(
  v.custom<string>(isText, `an action: a text of 1 to ${MAX_LENGTH} characters`),
  'actions, each a text',
);
const days = `a whole number of days from 1 to ${MAX_RETENTION_DAYS}, or 'forever' (a rule has no 0, which keeps forever in one option and nothing in another)`;
const priority = `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`;

const ruleShape = strictObject(
  {
    target: v.picklist(RULED_TARGET_NAMES, `one of ${RULED_TARGET_NAMES.join(', ')}`),
    actions: v.exactOptional(actions),
    applicationIds: v.exactOptional(ids),
    organizationIds: v.exactOptional(ids),
    days: v.custom<number | 'forever'>(
      (value) => value === 'forever' || isWholeNumber(value, 1, MAX_RETENTION_DAYS),
      days,
    ),
    priority: v.exactOptional(v.custom<number>((value) => isWholeNumber(value, -MAX_PRIORITY, MAX_PRIORITY), priority)),
  },
  'a rule such as { target, applicationIds, days }',
);

const ruleSchema = v.pipe(
  ruleShape,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) {
      return;
    }
    const rule = dataset.value;
    const { dimensions } = RULED_TARGETS[rule.target];
    const named = RULE_DIMENSIONS.filter((dimension) => rule[dimension] !== undefined);
    const accepted = dimensions.join(', ');
    if (named.length === 0) {
      const received = `a rule for every row of ${rule.target}`;
      addIssue({ received, message: `one that names some by ${accepted}: what holds for all others is an option` });
    }
    for (const key of named.filter((dimension) => !(dimensions as readonly string[]).includes(dimension))) {
      const place = { type: 'object', origin: 'value', input: rule, key, value: rule[key] } as const;
      addIssue({
        received: `a dimension that ${rule.target} does not have`,
        message: `of ${rule.target}: ${accepted}`,
        path: [place],
      });
    }
  }),
  v.transform((rule) =>
    withoutPrototype({ ...withoutUndefined(rule), priority: rule.priority ?? 0 } as CompleteRetentionRule),
  ),
);

/** The schema of `rules`: each by itself, and no two of which it is open which one holds for a row. */
export const retentionRulesSchema = v.pipe(
  v.array(ruleSchema, 'a list of rules'),
  v.maxLength(MAX_RULES, `a list of ${MAX_RULES} rules at most`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) {
      return;
    }
    for (const { index, received, accepted } of ruleTies(dataset.value)) {
      const value = dataset.value[index];
      const place = { type: 'array', origin: 'value', input: dataset.value, key: index, value } as const;
      addIssue({ received, message: accepted, path: [place] });
    }
  }),
);

function listOf<Schema extends v.GenericSchema>(
  entry: Schema,
  words: string,
): v.GenericSchema<v.InferOutput<Schema>[]> {
  return v.pipe(
    v.array(entry, `a list of ${words}`),
    v.minLength(1, `a list of ${words}, at least one of them`),
    v.maxLength(MAX_VALUES, `a list of ${words}, ${MAX_VALUES} at most`),
  );
}

function isWholeNumber(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
