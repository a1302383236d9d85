import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadGivenDataSource } from '../../src/cli/session/given-data-source.js';
import { importFile } from '../../src/cli/session/import-file.js';
import { loadHostModule } from '../../src/cli/session/host-module.js';
import { useConfigFiles } from '../support/command-line.js';

const MODULE = (name: string): string => `export class ${name} {} Reflect.defineMetadata('imports', [], ${name});`;

describe('a file that --app names', () => {
  const file = useConfigFiles();

  it('gives its only module, or the one behind the #, dynamic ones too', async () => {
    const one = file(MODULE('One'));
    expect(await loadHostModule(one)).toHaveProperty('name', 'One');
    const two = file(`${MODULE('One')} ${MODULE('Two')} export const three = { module: Two };`);
    expect(await loadHostModule(`${two}#Two`)).toHaveProperty('name', 'Two');
    expect(await loadHostModule(`${two}#three`)).toHaveProperty('module');
    await expect(loadHostModule(two)).rejects.toThrow('does not export one module; the modules it exports: One, Two');
    await expect(loadHostModule(`${two}#Four`)).rejects.toThrow('does not export a module Four');
  });

  it.each(['', '#One', 'x.mjs#', 'no/such.mjs#One'])('is refused as %j', async (flag) => {
    await expect(loadHostModule(flag)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('may not be empty of modules', async () => {
    await expect(loadHostModule(file('export const x = 1'))).rejects.toThrow('the modules it exports: none');
    await expect(loadHostModule(file('throw new Error("broken")'))).rejects.toThrow('could not be loaded: broken');
  });
});

describe('a file that --data-source names', () => {
  const file = useConfigFiles();

  it('gives the connection, that of the master, and hides its secrets', async () => {
    const given =
      file(`export const source = Promise.resolve({ options: { type: 'postgres', synchronize: true, schema: 'auth',
      ssl: { key: 'private-key' }, replication: { master: { url: 'postgres://me:s%20cret@db/x' }, slaves: [] } } });`);
    const { options, redact } = await loadGivenDataSource(given);
    expect(options).toEqual({
      type: 'postgres',
      url: 'postgres://me:s%20cret@db/x',
      schema: 'auth',
      ssl: { key: 'private-key' },
    });
    expect(redact('private-key s cret s%20cret me')).toBe('*** *** *** me');
  });

  it.each([
    ["export default { type: 'postgres', password: 'hidden' }", 'hidden', '***'],
    ["export default { type: 'postgres', password: () => 'hidden' }", 'hidden', 'hidden'],
    ["export default { type: 'postgres', url: 'postgres://me:%zz@db/x' }", '%zz', '***'],
  ])('hides what can be known of %s', async (source, text, shown) => {
    expect((await loadGivenDataSource(file(source))).redact(text)).toBe(shown);
  });

  it.each([
    ['export default 7', 'exports no TypeORM data source'],
    ["export const a = { type: 'postgres' }; export const b = { type: 'postgres' }", 'exports more than one'],
    ["export default { type: 'mysql' }", 'is of type "mysql"'],
  ])('is refused: %s', async (source, problem) => {
    await expect(loadGivenDataSource(file(source))).rejects.toThrow(problem);
  });
});

describe('a file of the host', () => {
  const file = useConfigFiles();

  it('may be a folder or missing, and is then refused', async () => {
    await expect(importFile('config file', tmpdir())).rejects.toThrow('is no file');
    await expect(importFile('config file', 'no/such.mjs')).rejects.toThrow('does not exist');
  });

  it('may be an ES module that was compiled to CommonJS', async () => {
    const compiled = file('export default { __esModule: true, named: 1, default: 2 }');
    expect(await importFile('config file', compiled)).toMatchObject({ named: 1, default: 2 });
  });

  it.each([
    ['export const named: number = 1; export default { other: 2 } as object;', { named: 1, default: { other: 2 } }],
    ['export = { whole: 3 };', { whole: 3, default: { whole: 3 } }],
  ])('may be TypeScript: %s', async (source, exported) => {
    const folder = mkdtempSync(join(tmpdir(), 'tenxyte-typescript-'));
    try {
      const path = join(folder, source.startsWith('export =') ? 'given.cts' : 'given.ts');
      writeFileSync(path, source);
      expect(await importFile('config file', path)).toMatchObject(exported);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
