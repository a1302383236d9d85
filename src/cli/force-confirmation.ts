import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { UsageError } from '../errors/usage.error.js';
import { fold } from '../text/fold.js';
import { columnsOf } from '../text/paint.js';
import type { CommandInterruption } from './command-interruption.js';
import type { CommandLineIo } from './command-line-io.js';

/** Flags that this depends on. */
interface ForceFlags {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Asks a person at a terminal whether `--force` is meant. A script is not asked, nor is who says `--yes` or tries only.
 *
 * @throws {UsageError} when it is not
 */
export async function confirmForce(
  command: Command,
  { stdin, stderr }: Pick<CommandLineIo, 'stdin' | 'stderr'>,
  interruption: CommandInterruption,
): Promise<void> {
  const { force, yes, dryRun } = command.opts<ForceFlags>();
  const isAsked = force === true && yes !== true && dryRun !== true && stdin?.isTTY === true && stderr.isTTY === true;
  if (!isAsked) {
    return;
  }
  interruption.enter('asking whether --force is meant');
  const { stop } = interruption;
  const meaning = command.options.find(({ long }) => long === '--force')?.description ?? '';
  // One that takes the keys for itself would take Ctrl-C, too.
  const lines = createInterface({ input: stdin, terminal: false });
  stderr.write(`${fold(`--force: ${meaning}.`, columnsOf(stderr))}\nGo on? [y/N] `);
  const stopAsking = (): void => {
    stderr.write('\n');
    lines.close();
  };
  stop.addEventListener('abort', stopAsking);
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  stop.removeEventListener('abort', stopAsking);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new UsageError('--force was not confirmed, nothing was touched');
  }
}
