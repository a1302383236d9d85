import * as v from 'valibot';
import { RULED_TARGET_NAMES, RULED_TARGETS, type RuledTargetName } from '../../retention/retention-rule.js';
import { MaintenanceConfigError } from '../../errors/maintenance-config.error.js';
import { strictObject } from '../../validation/strict-object.js';
import { validate } from '../../validation/validation.js';

/** The properties of a row, to be told how long it is kept. What is left out, the row does not have. */
export interface RetentionQuestion {
  readonly target: RuledTargetName;
  /** Of `audit_logs` alone. */
  readonly action?: string;
  readonly applicationId?: number | string;
  /** An organization that the row's user is a member of. Of `audit_logs` alone. */
  readonly organizationId?: number | string;
  /** When the row was made, as a date or a time with its zone, to be told whether it is due. Of tokens, whose days count from expiry, not. */
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
  v.transform((value) => new Date(value)),
  v.check((value) => !Number.isNaN(value.getTime()), 'a time that there is'),
);

/** The schema of each property of a question. */
export const retentionQuestionEntries = {
  target: v.picklist(RULED_TARGET_NAMES, `one of ${RULED_TARGET_NAMES.join(', ')}`),
  action: v.optional(text),
  applicationId: v.optional(id),
  organizationId: v.optional(id),
  createdAt: v.optional(time),
};

/** A question that was found valid. */
export type ValidRetentionQuestion = ReturnType<typeof validateRetentionQuestion>;

/** What a target may be asked by beside its application. */
const DIMENSION_OF = { action: 'actions', organizationId: 'organizationIds' } as const;

/** @throws {MaintenanceConfigError} listing every problem */
export function validateRetentionQuestion(question: RetentionQuestion) {
  const subject = 'Invalid call of explainRetention()';
  const checked = validate(subject, strictObject(retentionQuestionEntries, 'an object'), question);
  const { target, createdAt } = checked;
  const dimensions: readonly string[] = RULED_TARGETS[target].dimensions;
  const foreign = (['action', 'organizationId'] as const)
    .filter((property) => checked[property] !== undefined && !dimensions.includes(DIMENSION_OF[property]))
    .map((path) => ({ path, received: `given for ${target}`, accepted: 'given for audit_logs alone' }));
  const received = `given for ${target}, whose days count from expiry or revocation`;
  const aged =
    createdAt !== undefined && countsFromExpiry(target)
      ? [{ path: 'createdAt', received, accepted: 'given for login_attempts or audit_logs' }]
      : [];
  const problems = [...foreign, ...aged];
  if (problems.length > 0) {
    throw new MaintenanceConfigError(subject, problems);
  }
  return checked;
}

/** True of tokens, whose age says nothing of when they are due. */
export function countsFromExpiry(target: RuledTargetName): boolean {
  return target === 'refresh_tokens' || target === 'magic_link_tokens';
}
