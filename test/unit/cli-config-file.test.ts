import { describe, expect, it } from '@jest/globals';
import { loadConfig, loadOptions } from '../../src/cli/session/config-file.js';
import { useConfigFiles } from '../support/command-line.js';
import { onObjectPrototype } from '../support/on-object-prototype.js';

describe('a config file', () => {
  const configFile = useConfigFiles();

  it('may replace entities, beside the options', async () => {
    const file = configFile('export default { entities: { User: class Member {} }, leaseSeconds: 90 }');
    expect(await loadConfig({ flag: file, env: {} })).toEqual({
      entities: { User: expect.any(Function) },
      leaseSeconds: 90,
    });
    expect((await loadOptions({ flag: file, env: {} })).coordination.leaseSeconds).toBe(90);
  });

  it.each([
    ['{ entities: { User: "members" } }', /entities\.User is "members", accepted is an entity class/],
    ['{ entities: { Usr: class {} } }', /entities\.Usr is no entity, accepted is one of .*User/],
    ['{ leaseSeconds: 0 }', /leaseSeconds is 0/],
    ['Object.create({ leaseSeconds: 90 })', /leaseSeconds is an inherited property/],
    ['{ entities: Object.create({ User: class {} }) }', /entities\.User is an inherited property/],
    ['[]', /gives a list as its default export/],
  ])('with %s is refused', async (source, problem) => {
    await expect(loadConfig({ flag: configFile(`export default ${source}`), env: {} })).rejects.toThrow(problem);
  });

  it('has nothing from Object.prototype', async () => {
    const file = configFile('export default { leaseSeconds: 90 }');
    const pollution = { entities: { User: 'members' }, totp: { keys: ['x'] }, leaseSeconds: 1 };
    const [config, none] = await onObjectPrototype(pollution, async () => [
      { ...(await loadConfig({ flag: file, env: {} })) },
      await loadConfig({ flag: undefined, env: {} }),
    ]);
    expect(config).toEqual({ entities: {}, leaseSeconds: 90 });
    expect(none?.totp).toBeUndefined();
  });

  it('is not needed', async () => {
    expect(await loadConfig({ flag: undefined, env: {} })).toEqual({});
  });
});
