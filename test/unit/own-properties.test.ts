import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { requestedRetention, selectTargets, validateCleanupRequest } from '../../src/cleanup/cleanup-request.js';
import { CLEANUP_TARGETS } from '../../src/cleanup/targets/cleanup-targets.js';
import { requiredColumns } from '../../src/cleanup/targets/due-predicate.js';
import { DATA_SOURCE_NAME } from '../../src/database/maintenance-data-source.js';
import { TenxyteMaintenanceModule } from '../../src/index.js';
import { OPTION_NAMES, resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { entityClasses, TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';
import { COMMANDS } from '../../src/cli/commands/commands.js';
import { type CommonFlags, createProgram } from '../../src/cli/program.js';
import { MAINTENANCE_TASKS } from '../../src/maintenance-tasks.js';
import { onObjectPrototype } from '../support/on-object-prototype.js';
import { HOST_OBJECTS, POLLUTION } from '../support/host-objects.js';

describe.each(HOST_OBJECTS)('%s', (_name, read, least) => {
  const expected = JSON.stringify(read(least));
  const names = Object.keys(read(least));

  it('takes nothing from Object.prototype, and hands nothing of it on', async () => {
    for (const name of [...names, 'unheardOf']) {
      for (const value of [1, true, 'x', {}, []]) {
        const [output, copy] = await onObjectPrototype({ [name]: value }, () => {
          const given = read(least);
          return [JSON.stringify(given), Object.keys({ ...given })];
        });
        expect([name, output, copy]).toEqual([name, expected, names]);
      }
    }
  });

  it.each(['a plain object', 'a getter'])('refuses a known name that it inherits from %s', (kind) => {
    expect(names).not.toEqual([]);
    for (const name of names) {
      const { [name]: value = 1, ...others } = least as Record<string, unknown>;
      const source = kind === 'a getter' ? Object.defineProperty({}, name, { get: () => value }) : { [name]: value };
      expect(() => read(inheriting(source, others))).toThrow(
        `${name} is an inherited property, which is not read, accepted is a property of the object itself`,
      );
    }
  });

  it('refuses an unknown name that it inherits from a plain object or a getter, but takes methods for none', () => {
    const getter = Object.defineProperty({}, 'misspelt', { get: () => 1 });
    const method = Object.defineProperty({}, 'describe', { value: () => '' });
    for (const source of [{ misspelt: 1 }, getter, Object.create(getter) as object]) {
      expect(() => read(inheriting(source, least))).toThrow(
        'misspelt is not an option, accepted is one of the documented names',
      );
    }
    expect(JSON.stringify(read(inheriting(method, least)))).toBe(expected);
  });

  it('may be without a prototype or of another realm, but not a list, and has no key __proto__', () => {
    expect(JSON.stringify(read(inheriting(null, least)))).toBe(expected);
    expect(JSON.stringify(read(Object.assign(runInNewContext('({})') as object, least)))).toBe(expected);
    expect(() => read([])).toThrow(/accepted is/);
    expect(() => read(JSON.parse('{ "__proto__": { "force": true } }') as object)).toThrow(
      /__proto__ is not an option/,
    );
  });
});

describe.each(HOST_OBJECTS.filter(([, , least]) => Object.keys(least).length > 0))('%s', (_name, read, least) => {
  it('hears of what it must have itself, although Object.prototype holds it', async () => {
    for (const [name, value] of Object.entries(least)) {
      const { [name]: _, ...others } = least as Record<string, unknown>;
      const reading = onObjectPrototype({ [name]: value }, () => read(others));
      await expect(reading).rejects.toThrow(`${name} is undefined, accepted is`);
    }
  });
});

function inheriting(source: object | null, own: object): object {
  return Object.assign(Object.create(source) as object, own);
}

describe('whatever stands on Object.prototype', () => {
  const OPTIONS = {
    retention: { loginAttemptsDays: 30 },
    retentionBounds: { auditLogDays: { minDays: 90 } },
    cleanup: { lockTimeoutMs: 1_000 },
    agentHeartbeat: {},
    totp: {},
    schedule: { cleanup: false },
  } as const;

  it.each([{}, OPTIONS])('the complete options are the same: %j', async (options) => {
    const expected = JSON.stringify(resolveMaintenanceOptions(options));
    const { resolved, sections } = await onObjectPrototype(POLLUTION, () => {
      const complete = resolveMaintenanceOptions(options);
      const { agentHeartbeat, dependencyScan, retentionBounds } = complete;
      return {
        resolved: JSON.stringify(complete),
        sections: [agentHeartbeat.massSuspensionBrake, dependencyScan.cwd, retentionBounds.maintenanceRunDays],
      };
    });
    expect(resolved).toBe(expected);
    expect(sections).toEqual([undefined, undefined, undefined]);
  });

  it('a policy stays a policy', async () => {
    for (const name of ['useClass', 'useExisting', 'useFactory', 'inject']) {
      const { retention } = await onObjectPrototype({ [name]: class {} }, () => resolveMaintenanceOptions(OPTIONS));
      expect(retention).toEqual(OPTIONS.retention);
    }
  });

  it('an entity of the host is one that the host names', async () => {
    const classes = await onObjectPrototype({ User: class {}, Usr: class {} }, () => entityClasses({}));
    expect(classes).toEqual(TENXYTE_ENTITIES);
    expect(() => entityClasses(Object.create({ User: class {} }) as object)).toThrow(
      'entities.User is an inherited property, which is not read',
    );
  });

  it('the module is mounted in the same way', async () => {
    const pollution = { isGlobal: true, dataSource: 'other', entities: {}, imports: [class {}], schedule: {} };
    const mounted = await onObjectPrototype(pollution, () => [
      TenxyteMaintenanceModule.forRoot(),
      TenxyteMaintenanceModule.forRootAsync({ useFactory: () => ({}) }),
    ]);
    for (const { global, imports, providers = [] } of mounted) {
      expect([global, imports]).toEqual([false, [expect.objectContaining({ module: TypeOrmModule })]]);
      expect(providers).toContainEqual({ provide: DATA_SOURCE_NAME, useValue: 'default' });
    }
  });

  it('a request without targets selects the standard ones, and overrides nothing', async () => {
    const expected = selectTargets({}, { include: [], targets: [] }).map(({ name }) => name);
    const seen = await onObjectPrototype(POLLUTION, () => ({
      names: selectTargets({}, { include: [], targets: [] }).map(({ name }) => name),
      overridden: Object.keys(requestedRetention({})),
      retention: CLEANUP_TARGETS.map(({ retention }) => retention?.option),
    }));
    expect(seen).toEqual({
      names: expected,
      overridden: [],
      retention: CLEANUP_TARGETS.map(({ retention }) => retention?.option),
    });
  });

  it('the conditions of a target read the same columns', async () => {
    const columns = (): string => JSON.stringify(CLEANUP_TARGETS.map(({ dueWhen }) => requiredColumns(dueWhen)));
    const expected = columns();
    for (const name of ['anyOf', 'allOf', 'when', 'before', 'isTrue', 'isNull']) {
      expect(await onObjectPrototype({ [name]: [] }, columns)).toBe(expected);
    }
  });
});

describe('the module', () => {
  it.each(['forRoot', 'forRootAsync'] as const)(
    'refuses what the options of %s() inherit, before Nest copies them',
    (method) => {
      class Options {
        public get dataSource(): string {
          return 'other';
        }
      }
      expect(() => TenxyteMaintenanceModule[method](new Options() as never)).toThrow(
        'dataSource is an inherited property, which is not read',
      );
    },
  );

  it('refuses an inherited section', () => {
    for (const name of OPTION_NAMES) {
      expect(() => TenxyteMaintenanceModule.forRoot(Object.create({ [name]: {} }) as object)).toThrow(
        `${name} is an inherited property, which is not read`,
      );
    }
  });
});

describe('a flag', () => {
  it('that is not given is missing, whatever Object.prototype holds', async () => {
    const requests: unknown[] = [];
    const pollution = {
      ...POLLUTION,
      maxDuration: 1,
      atomic: true,
      databaseUrl: 'postgres://elsewhere',
      config: '/nowhere',
    };
    await onObjectPrototype(pollution, async () => {
      for (const { commandName, command: definition } of MAINTENANCE_TASKS) {
        const program = createProgram({ stdout: process.stdout }, COMMANDS, async (_, command) => {
          const { databaseUrl, config } = command.opts<CommonFlags>();
          requests.push({ ...definition.request(command), databaseUrl, config });
        });
        await program.parseAsync([commandName, ...(commandName === 'cleanup' ? ['--audit-log-days', '90'] : [])], {
          from: 'user',
        });
      }
    });
    expect(requests).toEqual([{ dryRun: false, auditLogDays: 90 }, { dryRun: false }, { dryRun: false }, {}]);
  });
});

describe('a request', () => {
  it('says itself what hides an inherited name', () => {
    expect(validateCleanupRequest(inheriting({ auditLogDays: 1 }, { auditLogDays: 400 }))).toMatchObject({
      auditLogDays: 400,
    });
  });

  it('is read once, a getter too', () => {
    let reads = 0;
    const request = Object.defineProperty({}, 'force', { get: () => ++reads > 1, enumerable: true });
    expect(validateCleanupRequest(request).force).toBe(false);
    expect(reads).toBe(1);
  });
});
