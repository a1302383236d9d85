import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/commands.js';
import { EXIT_CODE, EXIT_CODE_MEANINGS } from '../../src/cli/exit-codes.js';
import { createProgram } from '../../src/cli/program.js';
import { DEFAULT_COORDINATION } from '../../src/tasks/coordination-settings.js';

const page = readFileSync(new URL('../../docs/kubernetes.md', import.meta.url), 'utf8');
const manifest = /```yaml\n(apiVersion: batch\/v1\nkind: CronJob[^`]*)```/.exec(page)?.[1] ?? '';

/** The number of a field that the manifest has once. */
const numberOf = (field: string): number => {
  const found = [...manifest.matchAll(new RegExp(`^ *${field}: (\\d+)$`, 'gm'))];
  expect({ field, found: found.length }).toEqual({ field, found: 1 });
  return Number(found[0]?.[1]);
};

/** The values of the flags of the manifest's command, as the command line reads them. */
const flagsOf = async (): Promise<Readonly<Record<string, unknown>>> => {
  const [, list = ''] = /command:\n((?: +- \S+\n)+)/.exec(manifest) ?? [];
  const [program, ...args] = list
    .trim()
    .split(/\s*\n\s*/)
    .map((item) => item.replace('- ', ''));
  expect(program).toBe('node_modules/.bin/tenxyte-maintenance');
  const read: Readonly<Record<string, unknown>>[] = [];
  const parser = createProgram({ stdout: process.stdout }, COMMANDS, async (_, command) => {
    read.push(command.opts());
  });
  await parser.parseAsync(args, { from: 'user' });
  return read[0] ?? {};
};

describe('the CronJob of the page on Kubernetes', () => {
  it('waits for longer than a lease, ends by itself before its deadline, and has time to stop', async () => {
    const { wait, maxDuration } = await flagsOf();
    expect(wait).toBeGreaterThan(DEFAULT_COORDINATION.leaseSeconds);
    expect(numberOf('activeDeadlineSeconds')).toBeGreaterThan(Number(wait) + Number(maxDuration) + 60);
    expect(numberOf('terminationGracePeriodSeconds') * 1000).toBeGreaterThan(DEFAULT_COORDINATION.shutdownTimeoutMs);
  });

  it('does not try again what trying again does not change, and does not count a disruption', () => {
    const { usage, partial, notRun, stopped } = EXIT_CODE;
    expect(manifest).toContain(`values: [${[usage, partial, notRun, stopped].join(', ')}]`);
    expect(manifest).toContain('restartPolicy: Never');
    expect(manifest.indexOf('type: DisruptionTarget')).toBeGreaterThan(-1);
    expect(manifest.indexOf('type: DisruptionTarget')).toBeLessThan(manifest.indexOf('action: FailJob'));
  });

  it('is explained with every exit code that there is', () => {
    const [, table = ''] = /## Exit codes\n([^#]*)/.exec(page) ?? [];
    const explained = [...table.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => code);
    expect(explained.slice(0, -2)).toEqual(Object.keys(EXIT_CODE_MEANINGS));
  });
});
