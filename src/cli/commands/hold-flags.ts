import type { Command } from 'commander';
import { MaintenanceConfigError } from '../../errors/maintenance-config.error.js';
import { UsageError } from '../../errors/usage.error.js';
import { beginsWithDay } from '../../validation/calendar-day.js';
import { describeValue } from '../../validation/validation.js';

/** Each flag that names rows or says who and why, with the property of a request that it gives. */
const FLAGS = {
  case: { property: 'caseRef', value: '<reference>', help: 'what it is for, such as the number of a case' },
  reason: { property: 'reason', value: '<text>', help: 'why' },
  by: { property: 'by', value: '<name>', help: 'who does it' },
  target: { property: 'target', value: '<target>', help: 'the rows of this target alone' },
  user: { property: 'userId', value: '<id>', help: 'the rows of this user' },
  identifiers: {
    property: 'identifiers',
    value: '<list>',
    help: 'the rows of whoever goes by these e-mail addresses, phone numbers or user names, separated by commas',
  },
  identifier: { property: 'identifier', value: '<text>', help: 'an e-mail address, a phone number or a user name' },
  'agent-token': { property: 'agentTokenId', value: '<id>', help: 'the id of an agent token' },
  application: { property: 'applicationId', value: '<id>', help: 'the rows of this application' },
  organization: {
    property: 'organizationId',
    value: '<id>',
    help: 'the rows of this organization and its members',
  },
  created: { property: 'createdAt', value: '<time>', help: 'when the row was made: a date, or a time with its zone' },
  'created-from': {
    property: 'createdFrom',
    value: '<time>',
    help: 'the rows made since then: a date, or a time with its zone',
  },
  'created-to': {
    property: 'createdTo',
    value: '<time>',
    help: 'the rows made before then: a date, or a time with its zone',
  },
  review: {
    property: 'reviewAt',
    value: '<time>',
    help: 'when it is to be looked at again: a date, or a time with its zone',
  },
} as const;

/** A flag of the commands of holds. */
export type HoldFlag = keyof typeof FLAGS;

const TIMES: readonly HoldFlag[] = ['created', 'created-from', 'created-to', 'review'];
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;
const TIME_FORM = 'a date such as 2026-03-01 (midnight in UTC), or a time with its zone such as 2026-03-01T03:00:00Z';

/** Adds some of the flags. */
export function declareHoldFlags(command: Command, flags: readonly HoldFlag[]): void {
  for (const flag of flags) {
    command.option(`--${flag} ${FLAGS[flag].value}`, FLAGS[flag].help);
  }
}

/**
 * The request that the flags of a call make.
 *
 * @throws {UsageError} for a time that is none
 */
export function requestOf(command: Command, flags: readonly HoldFlag[]): Readonly<Record<string, unknown>> {
  const given = flags.flatMap((flag) => {
    const text = command.getOptionValue(flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())) as
      string | undefined;
    return text === undefined ? [] : [[FLAGS[flag].property, valueOf(flag, text)] as const];
  });
  return Object.fromEntries(given);
}

function valueOf(flag: HoldFlag, text: string): unknown {
  if (flag === 'identifiers') {
    return text.split(',').map((identifier) => identifier.trim());
  }
  if (!TIMES.includes(flag)) {
    return text;
  }
  return timeOfFlag(flag, text);
}

/** @throws {UsageError} for a time that is none */
export function timeOfFlag(flag: string, text: string): Date {
  const time = TIME.test(text) && beginsWithDay(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw new UsageError(`--${flag} is ${describeValue(text)}, accepted is ${TIME_FORM}`);
  }
  return time;
}

/** Lets a service refuse a request, in the words of the flags. */
export async function inFlagWords<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof MaintenanceConfigError ? withFlags(error) : error;
  }
}

function withFlags(error: MaintenanceConfigError): UsageError {
  const flagOf = (path: string): string => {
    const property = path.replace(/\..*$/s, '');
    const found = Object.entries(FLAGS).find(
      ([, flag]) => flag.property === (ACTORS.includes(property) ? 'by' : property),
    );
    return found === undefined ? path : `--${found[0]}`;
  };
  const problems = error.problems.map(({ path, received, accepted }) => {
    const flag = path === 'id' ? 'the hold' : path === 'place()' ? 'the call' : flagOf(path);
    const shown = received === 'undefined' ? 'not given' : received;
    return `${flag} is ${shown}, accepted is ${path === 'place()' ? NAMED : accepted}`;
  });
  return new UsageError(problems.join('; '), error);
}

const ACTORS: readonly string[] = ['placedBy', 'releasedBy'];
const NAMED =
  'at least one of --target, --user, --identifiers, --application, --organization, --created-from, --created-to; or --everything';
