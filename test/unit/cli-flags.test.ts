import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/commands/commands.js';
import { COMMAND_GROUPS } from '../../src/cli/maintenance-command.js';
import { createProgram } from '../../src/cli/program.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const program = createProgram({ stdout: new FakeTerminal() }, COMMANDS, async () => undefined);
const VALUES: Readonly<Record<string, string>> = {
  '--task': 'cleanup',
  '--before': '0f3c',
  '--status': 'failed',
  '--since': '1h',
  '--until': '1h',
  '--only': 'otp_codes',
};
const FLAGS = COMMANDS.flatMap(({ name }) =>
  (commandOf(program, name.split(' '))?.options ?? []).map((option) => ({ command: name, option })),
);

function commandOf(parent: Command, [first, ...rest]: readonly string[]): Command | undefined {
  const found = parent.commands.find((command) => command.name() === first);
  return found === undefined || rest.length === 0 ? found : commandOf(found, rest);
}

async function call(...args: string[]) {
  const [stdout, stderr] = [new FakeTerminal(), new FakeTerminal()];
  const exitCode = await runCommandLine({ args, env: {}, stdout, stderr });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}

describe('every flag of every command', () => {
  it.each(FLAGS.map(({ command, option }) => [command, option.long ?? '', option] as const))(
    'is refused when it is given twice: %s %s',
    async (command, long, { required }) => {
      const flag = required ? [long, VALUES[long] ?? '1'] : [long];
      expect(await call(...command.split(' '), ...flag, ...flag)).toMatchObject({
        exitCode: 2,
        stderr: `tenxyte-maintenance: ${long} is given twice, accepted is once.\n`,
      });
    },
  );

  it.each(FLAGS.map(({ command, option }) => [command, option.long ?? ''] as const))(
    'is suggested to nobody where it may do more than was asked for: %s %s',
    async (command, long) => {
      const { stderr } = await call(...command.split(' '), long.slice(0, -1));
      expect(stderr).not.toMatch(/did you mean.*--(force|yes|encrypt|trust|atomic|include|own|only)/i);
    },
  );
});

describe('the help', () => {
  it('is what a call without a command prints', async () => {
    const { exitCode, stdout, stderr } = await call();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe((await call('--help')).stdout);
    expect(stdout).toMatch(/Exit codes, of every command:/);
  });

  it('is what the command help prints, and an unknown command has none', async () => {
    expect(await call('help', 'cleanup')).toEqual(await call('cleanup', '--help'));
    expect(await call('help', 'policy', 'explain')).toEqual(await call('policy', 'explain', '--help'));
    expect(await call('help')).toEqual(await call('--help'));
    expect(await call('help', 'nosuch')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nosuch') });
  });

  it('of a group lists its commands, and so does a call of the group alone', async () => {
    const { exitCode, stdout, stderr } = await call('policy');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/Usage: tenxyte-maintenance policy .*\n\n[^]*explain[^]*document/);
    expect(stdout).toBe((await call('help', 'policy')).stdout);
    expect((await call('--help')).stdout).toContain(`  policy `);
    expect(await call('policy', 'nosuch')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nosuch') });
  });

  it('knows what every group is for', () => {
    const groups = COMMANDS.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]] : []));
    expect([...new Set(groups)]).toEqual(Object.keys(COMMAND_GROUPS));
  });

  it.each(COMMANDS.map(({ name }) => name))(
    'of %s shows examples that are accepted, and where exit codes stand',
    async (name) => {
      const { stdout } = await call(...name.split(' '), '--help');
      expect(stdout).toContain('\nExit codes: see tenxyte-maintenance --help\n');
      expect(stdout).not.toContain('Exit codes, of every command');
      const examples = [...stdout.matchAll(/^ {2}tenxyte-maintenance (.+)$/gm)].map(([, words = '']) => words);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const asked: string[] = [];
        const checking = createProgram({ stdout: new PassThrough() }, COMMANDS, async (definition, command) => {
          definition.plan?.(command);
          definition.planUnconnected?.(command);
          asked.push(definition.name);
        });
        await checking.parseAsync(example.split(' '), { from: 'user' });
        expect(asked).toEqual([name]);
      }
    },
  );
});
