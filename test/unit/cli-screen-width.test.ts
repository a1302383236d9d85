import { describe, expect, it } from '@jest/globals';
import { CommandOutput } from '../../src/cli/command-output.js';
import { runCommandLine } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/commands/commands.js';
import { displayWidth } from '../../src/text/fold.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { SCREEN_SCENES } from '../support/screen-scenes.js';

describe.each([80, 120])('on a terminal of %d columns', (columns) => {
  const widest = (...texts: string[]): string =>
    texts.flatMap((text) => text.split('\n')).toSorted((one, other) => displayWidth(other) - displayWidth(one))[0] ??
    '';

  it('every command has a scene', () => {
    expect([...new Set(SCREEN_SCENES.map(({ command }) => command))].toSorted()).toEqual(
      COMMANDS.map(({ name }) => name).toSorted(),
    );
  });

  it.each(SCREEN_SCENES.map((scene) => [scene.command, scene.name, scene] as const))(
    'no line of %s is wider: %s',
    (_command, _name, { text, complaint }) => {
      const [stdout, stderr] = [new FakeTerminal(columns), new FakeTerminal(columns)];
      new CommandOutput({ args: [], env: {}, stdout, stderr }, false).finish({
        report: {},
        text,
        exitCode: 0,
        ...(complaint === undefined ? {} : { complaint }),
      });
      expect(displayWidth(widest(stdout.written, stderr.written))).toBeLessThanOrEqual(columns);
    },
  );

  it.each([[], ['policy'], ...COMMANDS.map(({ name }) => name.split(' '))])(
    'no line of the help is wider: %s',
    async (...command) => {
      const [stdout, stderr] = [new FakeTerminal(columns), new FakeTerminal(columns)];
      await runCommandLine({ args: [...command, '--help'], env: {}, stdout, stderr });
      expect(displayWidth(widest(stdout.written))).toBeLessThanOrEqual(columns);
    },
  );
});
