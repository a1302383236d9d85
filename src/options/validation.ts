import type { z } from 'zod';
import type { ConfigProblem } from '../errors/maintenance-config.error.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';

/**
 * Checks `value` against a schema.
 *
 * @param subject what is being checked, the start of the error's message
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validate<Schema extends z.ZodType>(subject: string, schema: Schema, value: unknown): z.output<Schema> {
  assertNoProblems(subject, findProblems(schema, value));
  return schema.parse(value);
}

/** What a schema objects to in a value, with `prefix` before every path. */
export function findProblems(schema: z.ZodType, value: unknown, prefix: readonly string[] = []): ConfigProblem[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues
    .flatMap((issue) => toProblems(issue, value))
    .map((problem) => ({ ...problem, path: [...prefix, problem.path].filter(Boolean).join('.') }));
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

function toProblems(issue: z.core.$ZodIssue, root: unknown): ConfigProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      received: 'not an option',
      accepted: 'one of the documented names',
    }));
  }
  const received = issue.path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
  return [{ path: path.join('.'), received: describeValue(received), accepted: issue.message }];
}
