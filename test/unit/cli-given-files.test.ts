import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { loadGivenDataSource } from '../../src/cli/session/given-data-source.js';
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
