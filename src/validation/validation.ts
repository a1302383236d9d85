import * as v from 'valibot';
import { type ConfigProblem, MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { inheritedNames } from './own-properties.js';
import { keyProblem, UNKNOWN_KEY } from './strict-object.js';

/**
 * Checks `value` against a schema, and gives what the schema makes of it.
 *
 * @param subject what is being checked, the start of the error's message
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validate<Schema extends v.GenericSchema>(
  subject: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const { issues = [], output } = v.safeParse(schema, value);
  assertNoProblems(subject, problemsOf(issues));
  return output;
}

/** The problems that a schema finds in a value, with `prefix` before every path. */
export function findProblems(schema: v.GenericSchema, value: unknown, prefix: readonly string[] = []): ConfigProblem[] {
  return problemsOf(v.safeParse(schema, value).issues ?? [], prefix);
}

/** The names that an object inherits although only its own properties are read, for one that is copied before it is checked. */
export function inheritedProblems(value: object, known: readonly string[]): ConfigProblem[] {
  return inheritedNames(value, known).map((name) => ({ path: name, ...keyProblem(name, known) }));
}

function problemsOf(issues: readonly v.BaseIssue<unknown>[], prefix: readonly string[] = []): ConfigProblem[] {
  return issues.map(({ path = [], input, received, message }) => ({
    path: [...prefix, path.map(({ key }) => String(key)).join('.')].filter(Boolean).join('.'),
    received: isInOwnWords(received) ? received : describeValue(input),
    accepted: message,
  }));
}

/**
 * A schema of this package names what came itself where the value must not be shown, as that of a key. valibot's own words begin otherwise.
 */
function isInOwnWords(received: string): boolean {
  return received === UNKNOWN_KEY.received || /^(a|an) /.test(received);
}

/** @throws {MaintenanceConfigError} when there is any problem. */
export function assertNoProblems(subject: string, problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) {
    throw new MaintenanceConfigError(subject, problems);
  }
}

/** Names a value in a few words: its text when short and plain, otherwise its type. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  }
  if (value === null || ['number', 'boolean', 'undefined', 'bigint'].includes(typeof value)) {
    return String(value);
  }
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
