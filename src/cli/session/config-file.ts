import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../../errors/error-message.js';
import type { ConfigProblem } from '../../errors/maintenance-config.error.js';
import { UsageError } from '../../errors/usage.error.js';
import {
  OPTION_NAMES,
  type ResolvedMaintenanceOptions,
  resolveMaintenanceOptions,
  type TenxyteMaintenanceOptions,
  validateMaintenanceOptions,
} from '../../options/maintenance-options.js';
import { type EntityReplacements, TENXYTE_ENTITIES } from '../../tenxyte/tenxyte-entities.js';
import { inheritedNames, withoutPrototype } from '../../validation/own-properties.js';
import { INHERITED_KEY } from '../../validation/strict-object.js';
import { assertNoProblems, describeValue, inheritedProblems } from '../../validation/validation.js';

/** The default export of a config file, or the answer of the function there. */
export interface CommandLineConfig extends TenxyteMaintenanceOptions {
  /** The host's own entity classes, as in the module's options. @default {} */
  readonly entities?: EntityReplacements;
}

/**
 * Loads the ES module that `--config`, else `TENXYTE_MAINTENANCE_CONFIG`, names; an empty config when there is none. Own properties alone
 * are read, and what it answers has no others.
 *
 * @throws {UsageError} when the file cannot be loaded or exports no options
 * @throws {MaintenanceConfigError} when the options are invalid
 */
export async function loadConfig(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandLineConfig> {
  const file = flag ?? env['TENXYTE_MAINTENANCE_CONFIG'] ?? '';
  if (file === '' && flag === undefined) {
    return withoutPrototype({});
  }
  const config = await readConfig(file);
  const { entities = {}, ...options } = withoutPrototype(config);
  assertNoProblems(`Invalid config file ${file}`, [
    ...inheritedProblems(config, [...OPTION_NAMES, 'entities']),
    ...entityProblems(entities),
  ]);
  resolveMaintenanceOptions(options);
  return withoutPrototype({ ...validateMaintenanceOptions(options), entities });
}

/** The options alone of what {@link loadConfig} loads, complete; with its errors. */
export async function loadOptions(...source: Parameters<typeof loadConfig>): Promise<ResolvedMaintenanceOptions> {
  const { entities: _, ...options } = await loadConfig(...source);
  return resolveMaintenanceOptions(options);
}

async function readConfig(file: string): Promise<CommandLineConfig> {
  const path = resolve(file);
  if (file === '' || !existsSync(path)) {
    throw new UsageError(`The config file ${JSON.stringify(file)} does not exist`);
  }
  const config = await importDefault(file, path);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UsageError(
      `The config file ${file} gives ${describeValue(config)} as its default export, accepted is an object of options or a function that gives one`,
    );
  }
  return config;
}

async function importDefault(file: string, path: string): Promise<unknown> {
  try {
    const loaded: { default?: unknown } = await import(pathToFileURL(path).href);
    return typeof loaded.default === 'function' ? await loaded.default() : loaded.default;
  } catch (error) {
    throw new UsageError(`The config file ${file} could not be loaded: ${errorMessage(error)}`, error);
  }
}

/** A misspelt name would leave the entity it was meant to replace in force. */
function entityProblems(entities: object): ConfigProblem[] {
  const names = Object.keys(TENXYTE_ENTITIES);
  const inherited = inheritedNames(entities, names).map((name) => ({ path: `entities.${name}`, ...INHERITED_KEY }));
  const own = Object.entries(entities).flatMap(([name, value]) => {
    const path = `entities.${name}`;
    if (!names.includes(name)) {
      return [{ path, received: 'no entity', accepted: `one of ${names.join(', ')}` }];
    }
    return typeof value === 'function' ? [] : [{ path, received: describeValue(value), accepted: 'an entity class' }];
  });
  return [...own, ...inherited];
}
