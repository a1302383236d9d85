import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadOptions } from '../../src/cli/session/config-file.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { DEFAULT_RETENTION } from '../../src/retention/retention-policy.js';
import { runCommandLine } from '../support/command-line.js';

describe('tenxyte-maintenance init', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenxyte-init-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes a config file that loads, in which the defaults stand, and prints the lines for the module', async () => {
    const file = join(folder, 'maintenance.mjs');
    const { exitCode, stdout, stderr } = await runCommandLine(['init', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`wrote ${file}\n`);
    expect(stdout).toContain("import maintenance from './maintenance.mjs';");
    expect(stdout).toContain('TenxyteMaintenanceModule.forRoot(maintenance)');
    expect(await loadOptions({ flag: file, env: {} })).toEqual(
      resolveMaintenanceOptions({ retention: DEFAULT_RETENTION }),
    );
  });

  it('overwrites nothing', async () => {
    const file = join(folder, 'kept.mjs');
    await runCommandLine(['init', file]);
    const before = readFileSync(file, 'utf8');
    const { exitCode, stdout, stderr } = await runCommandLine(['init', file, '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ task: 'init', status: 'failed', error: { code: 'USAGE' } });
    expect(stderr).toContain('is there already, and is left as it is');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each([['config.json'], [join('no', 'such', 'folder', 'config.mjs')]])('writes no %s', async (file) => {
    expect((await runCommandLine(['init', file])).exitCode).toBe(2);
  });
});
