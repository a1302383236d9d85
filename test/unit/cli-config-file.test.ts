import { describe, expect, it } from '@jest/globals';
import { loadConfig, loadOptions } from '../../src/cli/session/config-file.js';
import { useConfigFiles } from '../support/command-line.js';

describe('a config file', () => {
  const configFile = useConfigFiles();

  it('may replace entities, beside the options', async () => {
    const file = configFile('export default { entities: { User: class Member {} }, leaseSeconds: 90 }');
    expect(await loadConfig(file, {})).toEqual({ entities: { User: expect.any(Function) }, leaseSeconds: 90 });
    expect((await loadOptions(file, {})).coordination.leaseSeconds).toBe(90);
  });

  it.each([
    ['{ entities: { User: "members" } }', /entities\.User is "members", accepted is an entity class/],
    ['{ entities: { Usr: class {} } }', /entities\.Usr is no entity, accepted is one of .*User/],
    ['{ leaseSeconds: 0 }', /leaseSeconds is 0/],
    ['[]', /gives a list as its default export/],
  ])('with %s is refused', async (source, problem) => {
    await expect(loadConfig(configFile(`export default ${source}`), {})).rejects.toThrow(problem);
  });

  it('is not needed', async () => {
    expect(await loadConfig(undefined, {})).toEqual({});
  });
});
