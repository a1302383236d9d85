import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { COMMANDS } from '../../src/cli/commands/commands.js';
import { createProgram } from '../../src/cli/program.js';
import { pages } from '../package/support/snippets.js';

const program = createProgram({ stdout: process.stdout }, COMMANDS, async () => undefined);
/** A call of the command, in a line of a shell, after the prompt of a screen, or in the middle of a sentence. */
const CALL = /(?:`|^ *(?:\$ )?(?:\w+=\S+ )*)(?:npx |node_modules\/\.bin\/)?tenxyte-maintenance ([^`|<>#\n]+)/gm;

const calls = pages().flatMap(({ page, text }) =>
  [...text.matchAll(CALL)].map(([, parameters = '']) => ({ page, parameters: parameters.trim() })),
);

describe('the calls of the command line in the documentation', () => {
  it('name commands and flags that there are', () => {
    expect(calls.length).toBeGreaterThan(30);
    expect(calls.filter(({ parameters }) => !isKnown(parameters))).toEqual([]);
  });
});

/** True for a call with a known command, all of its flags known. */
function isKnown(parameters: string): boolean {
  const [name = '', ...rest] = parameters.split(/\s+/);
  const named = program.commands.find((each) => each.name() === name);
  const command = named?.commands.find((each) => each.name() === rest[0]) ?? named;
  const given = rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/, ''));
  const known = command === undefined ? flagsOf(program) : flagsOf(command);
  return (
    (command !== undefined || name.startsWith('-')) &&
    [...(command ? [] : [name]), ...given].every((flag) => known.includes(flag))
  );
}

function flagsOf(command: Command): readonly (string | undefined)[] {
  return [...command.options.flatMap(({ long, short }) => [long, short]), '--help', '-h'];
}
