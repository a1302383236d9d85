import * as v from 'valibot';
import {
  isBuiltInRuledTarget,
  type OwnRuledTargets,
  type RetentionRule,
  RULED_TARGET_NAMES,
  type RuleDimension,
  ruledTargetsInWords,
  ruleDimensionsOf,
} from '../../retention/retention-rule.js';
import { beginsWithDay } from '../../validation/calendar-day.js';
import { strictObject } from '../../validation/strict-object.js';
import { assertNoProblems, validate } from '../../validation/validation.js';

/** The properties of a row, to be told how long it is kept. What is left out, the row does not have. */
export interface RetentionQuestion {
  readonly target: RetentionRule['target'];
  /** Of `audit_logs`, and of own targets that declare it. */
  readonly action?: string;
  readonly applicationId?: number | string;
  /** An organization that the row's user is a member of. Of `audit_logs`, and of own targets with users. */
  readonly organizationId?: number | string;
  /**
   * When the row was made, as a date or a time with its zone, to be told whether it is due. Of `login_attempts` and `audit_logs`, as the days
   * of others need not count from it.
   */
  readonly createdAt?: Date | string;
}

const text = v.pipe(v.string('a text'), v.minLength(1, 'a text that is not empty'));
const id = v.pipe(
  v.custom<number | string>(
    (value) => Number.isSafeInteger(value) || (typeof value === 'string' && value !== ''),
    'a whole number or a text',
  ),
  v.transform(String),
);
const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2}))?$/;
const time = v.pipe(
  v.custom<Date | string>(
    (value) => value instanceof Date || (typeof value === 'string' && TIME.test(value)),
    'a date, or a time with its zone',
  ),
  v.check((value) => value instanceof Date || beginsWithDay(value), 'a time that there is'),
  v.transform((value) => new Date(value)),
  v.check((value) => !Number.isNaN(value.getTime()), 'a time that there is'),
);

/** The schema of each property of a question. */
const retentionQuestionEntries = (own: OwnRuledTargets) => ({
  target: v.pipe(
    v.string(ruledTargetsInWords(own)),
    v.check((name) => ruleDimensionsOf(name, own) !== undefined, ruledTargetsInWords(own)),
  ),
  action: v.optional(text),
  applicationId: v.optional(id),
  organizationId: v.optional(id),
  createdAt: v.optional(time),
});

/** A question that was found valid. */
export type ValidRetentionQuestion = ReturnType<typeof validateRetentionQuestion>;

/** By what a target may be asked, as rules name it. */
const DIMENSION_OF = { action: 'actions', applicationId: 'applicationIds', organizationId: 'organizationIds' } as const;

const ASKED_BY = ['action', 'applicationId', 'organizationId'] as const;

/** @throws {MaintenanceConfigError} listing every problem */
export function validateRetentionQuestion(question: RetentionQuestion, own: OwnRuledTargets = {}) {
  const subject = 'Invalid call of explainRetention()';
  const checked = validate(subject, strictObject(retentionQuestionEntries(own), 'an object'), question);
  const { target, createdAt } = checked;
  const dimensions = ruleDimensionsOf(target, own) ?? [];
  const foreign = ASKED_BY.filter(
    (property) => checked[property] !== undefined && !dimensions.includes(DIMENSION_OF[property]),
  ).map((path) => ({ path, received: `given for ${target}`, accepted: askedOf(DIMENSION_OF[path], own) }));
  const received = `given for ${target}, whose days ${isBuiltInRuledTarget(target) ? 'count from expiry or revocation' : 'count as its condition says'}`;
  const aged =
    createdAt !== undefined && !countsFromCreation(target)
      ? [{ path: 'createdAt', received, accepted: 'given for login_attempts or audit_logs' }]
      : [];
  assertNoProblems(subject, [...foreign, ...aged]);
  return checked;
}

function askedOf(dimension: RuleDimension, own: OwnRuledTargets): string {
  const names = [...RULED_TARGET_NAMES, ...Object.keys(own)];
  const having = names.filter((name) => ruleDimensionsOf(name, own)?.includes(dimension));
  return `given for ${having.length === 1 ? `${having.join()} alone` : having.join(', ')}`;
}

/** True of tokens, whose age says nothing of when they are due. */
export function countsFromExpiry(target: string): boolean {
  return isBuiltInRuledTarget(target) && !countsFromCreation(target);
}

function countsFromCreation(target: string): boolean {
  return target === 'login_attempts' || target === 'audit_logs';
}
