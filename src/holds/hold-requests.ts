import * as v from 'valibot';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import type { HoldPlacement, HoldRelease } from './legal-hold.js';

/** A UUID, or its first eight characters or more. */
const HOLD_ID = /^(?=.{8,36}$)[0-9a-f]{8}(-[0-9a-f]{0,4}){0,3}(-[0-9a-f]{0,12})?$/i;

/** A text that says something; no text of PostgreSQL holds the character of code 0. */
function saying(what: string, longest: number): v.GenericSchema<string> {
  const form = `${what}, of 1 to ${longest.toLocaleString('en')} characters`;
  return v.custom<string>(
    (value) => typeof value === 'string' && value.trim() !== '' && value.length <= longest && !value.includes('\0'),
    form,
  );
}

const ID_FORM = 'an id as the database has it: digits, a uuid or another text without blanks';
const id = v.custom<string | number>(
  (value) =>
    (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) ||
    (typeof value === 'string' && /^[^\s\0]{1,200}$/.test(value)),
  ID_FORM,
);
const time = v.custom<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a valid Date');
const identifiers = v.pipe(
  v.array(saying('an e-mail address, a phone number or a user name', 200), 'a list of identifiers'),
  v.minLength(1, 'at least one identifier'),
);

/** The schemas of what a hold names, and of who and why. */
const scopeEntries = (targets: readonly string[]) => ({
  target: v.optional(v.picklist(targets, `one of ${targets.join(', ')}`)),
  userId: v.optional(id),
  identifiers: v.optional(identifiers),
  applicationId: v.optional(id),
  organizationId: v.optional(id),
  createdFrom: v.optional(time),
  createdTo: v.optional(time),
});

const caseRef = saying('the reference of a case', 200);
const reason = saying('a reason', 2_000);
const person = saying("a person's name", 200);

/**
 * Checks the request of a hold.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validatePlacement(request: HoldPlacement, targets: readonly string[]): HoldPlacement {
  const schema = strictObject(
    {
      ...scopeEntries(targets),
      caseRef,
      reason,
      placedBy: person,
      reviewAt: v.optional(time),
      everything: v.optional(v.boolean('true or false')),
    },
    'an object',
  );
  const placement = validate('Invalid call of place()', schema, request) as HoldPlacement;
  const { createdFrom, createdTo, everything = false } = placement;
  const names = SCOPE_FIELDS.filter((field) => placement[field] !== undefined);
  const problems = [
    ...(names.length === 0 && !everything
      ? [
          {
            path: 'place()',
            received: 'nothing that the hold names',
            accepted: `one of ${SCOPE_FIELDS.join(', ')}; or everything: true, for every row`,
          },
        ]
      : []),
    ...(names.length > 0 && everything
      ? [{ path: 'everything', received: `true beside ${names.join(', ')}`, accepted: 'either' }]
      : []),
    ...(createdFrom !== undefined && createdTo !== undefined && createdFrom >= createdTo
      ? [
          {
            path: 'createdTo',
            received: createdTo.toISOString(),
            accepted: `a time after createdFrom, ${createdFrom.toISOString()}`,
          },
        ]
      : []),
  ];
  if (problems.length > 0) {
    throw new MaintenanceConfigError('Invalid call of place()', problems);
  }
  return placement;
}

const SCOPE_FIELDS = [
  'target',
  'userId',
  'identifiers',
  'applicationId',
  'organizationId',
  'createdFrom',
  'createdTo',
] as const;

/** @throws {MaintenanceConfigError} listing every problem */
export function validateRelease(request: HoldRelease): HoldRelease {
  const schema = strictObject({ reason, releasedBy: person }, 'an object');
  return validate('Invalid call of release()', schema, request) as HoldRelease;
}

/** A row's properties, of which it is asked what holds it. */
export interface HeldRow {
  readonly target: string;
  readonly userId?: string | number;
  readonly identifier?: string;
  readonly agentTokenId?: string | number;
  readonly applicationId?: string | number;
  readonly organizationId?: string | number;
  readonly createdAt?: Date;
}

/** @throws {MaintenanceConfigError} listing every problem */
export function validateRow(row: HeldRow, targets: readonly string[]): HeldRow {
  const schema = strictObject(
    {
      target: v.picklist(targets, `one of ${targets.join(', ')}`),
      userId: v.optional(id),
      identifier: v.optional(saying('an e-mail address, a phone number or a user name', 200)),
      agentTokenId: v.optional(id),
      applicationId: v.optional(id),
      organizationId: v.optional(id),
      createdAt: v.optional(time),
    },
    'an object',
  );
  return validate('Invalid call of explain()', schema, row) as HeldRow;
}

/** @throws {MaintenanceConfigError} when it is no id of a hold */
export function validateHoldId(call: string, holdId: unknown): string {
  const schema = v.object({
    id: v.custom<string>(
      (value) => typeof value === 'string' && HOLD_ID.test(value),
      'the id of a hold, a UUID, or its first eight characters or more',
    ),
  });
  return validate(`Invalid call of ${call}()`, schema, { id: holdId }).id.toLowerCase();
}
