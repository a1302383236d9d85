import type { Command } from 'commander';
import type { GenericSchema } from 'valibot';
import { actorSchema, type AttributedRequest, reasonSchema } from '../../contract/attribution.js';
import { UsageError } from '../../errors/usage.error.js';
import { describeValue, findProblems } from '../../validation/validation.js';

/** Adds the flags that say who asks, and why. */
export function declareAttributionFlags(command: Command): void {
  command
    .option(
      '--actor <name>',
      'who asks for it, kept with its record (default: nobody in particular)',
      parseText('--actor', actorSchema),
    )
    .option(
      '--reason <text>',
      'why, kept with its record, such as the number of a ticket',
      parseText('--reason', reasonSchema),
    );
}

/** What they say; nothing where they are not given. */
export function requestedAttribution(command: Command): AttributedRequest {
  const { actor, reason } = command.opts<AttributedRequest>();
  return { ...(actor === undefined ? {} : { actor }), ...(reason === undefined ? {} : { reason }) };
}

/** Makes the parser of a flag. @throws {UsageError} saying what came and what is accepted */
export function parseText(flag: string, schema: GenericSchema): (given: string) => string {
  return (given) => {
    const [problem] = findProblems(schema, given);
    if (problem !== undefined) {
      throw new UsageError(`${flag} is ${describeValue(given)}, accepted is ${problem.accepted}`);
    }
    return given;
  };
}
