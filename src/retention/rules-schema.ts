import * as v from 'valibot';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { withoutUndefined } from '../validation/settings-section.js';
import { describeValue } from '../validation/validation.js';
import { strictObject } from '../validation/strict-object.js';
import {
  type CompleteRetentionRule,
  MAX_RETENTION_DAYS,
  type OwnRuledTargets,
  RULE_DIMENSIONS,
  ruledTargetsInWords,
  ruleDimensionsOf,
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
    target: v.custom<string>(isText, ruledTargetsInWords()),
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
  v.transform((rule) =>
    withoutPrototype({ ...withoutUndefined(rule), priority: rule.priority ?? 0 } as CompleteRetentionRule),
  ),
);

/**
 * The schema of `rules`: each by itself, and no two of which it is open which one holds for a row. What {@link ruleProblems} finds, it does
 * not know.
 */
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

/** What valid rules name that the targets in force do not have, `path` being that of the list. */
export function ruleProblems(
  rules: readonly CompleteRetentionRule[],
  own: OwnRuledTargets,
  path = 'rules',
): ConfigProblem[] {
  return rules.flatMap((rule, index) => {
    const { target } = rule;
    const place = `${path}.${index}`;
    const dimensions = ruleDimensionsOf(target, own);
    if (dimensions === undefined) {
      return [{ path: `${place}.target`, received: describeValue(target), accepted: ruledTargetsInWords(own) }];
    }
    const named = RULE_DIMENSIONS.filter((dimension) => rule[dimension] !== undefined);
    const listed = dimensions.join(', ');
    if (named.length === 0) {
      const accepted = `one that names some by ${listed}: what holds for all others is an option`;
      return [{ path: place, received: `a rule for every row of ${target}`, accepted }];
    }
    return named
      .filter((dimension) => !dimensions.includes(dimension))
      .map((dimension) => ({
        path: `${place}.${dimension}`,
        received: `a dimension that ${target} does not have`,
        accepted: `of ${target}: ${listed}`,
      }));
  });
}

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
