import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
import { importFile } from './import-file.js';

/** The default export of a config file, or the answer of the function there. */
export interface CommandLineConfig extends TenxyteMaintenanceOptions {
  /** The host's own entity classes, as in the module's options. @default {} */
  readonly entities?: EntityReplacements;
}

/** The names of a config file that is found by itself, in the folder the command is called in or the next one above with a package.json. */
const FOUND_NAMES = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].map((suffix) => `tenxyte-maintenance.config.${suffix}`);

/** Where a config comes from. */
export interface ConfigSource {
  /** The `--config` flag. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of a file that was found by itself. */
  readonly note?: (line: string) => void;
}

/**
 * Loads the file that `--config`, else `TENXYTE_MAINTENANCE_CONFIG`, names, or else the one that is found by its name; an empty config when
 * there is none. Own properties alone are read, and what it answers has no others.
 *
 * @throws {UsageError} when the file cannot be loaded or exports no options
 * @throws {MaintenanceConfigError} when the options are invalid
 */
export async function loadConfig({ flag, env, note = () => undefined }: ConfigSource): Promise<CommandLineConfig> {
  const named = flag ?? env['TENXYTE_MAINTENANCE_CONFIG'] ?? '';
  const found = named === '' && flag === undefined ? findConfig(process.cwd()) : undefined;
  if (found !== undefined) {
    note(`The options are those of ${found}.`);
  }
  const file = found ?? named;
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

/** @throws {UsageError} when a folder has more than one */
function findConfig(folder: string): string | undefined {
  // A link that leads nowhere is one, too: to pass it over would leave the defaults in force.
  const found = FOUND_NAMES.filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined);
  if (found.length > 1) {
    throw new UsageError(`${folder} has more than one config file, ${found.join(' and ')}: name one with --config`);
  }
  const [name] = found;
  if (name !== undefined) {
    return join(folder, name);
  }
  const isProject = existsSync(join(folder, 'package.json'));
  return isProject || dirname(folder) === folder ? undefined : findConfig(dirname(folder));
}

/** The options alone of what {@link loadConfig} loads, complete; with its errors. */
export async function loadOptions(...source: Parameters<typeof loadConfig>): Promise<ResolvedMaintenanceOptions> {
  const { entities: _, ...options } = await loadConfig(...source);
  return resolveMaintenanceOptions(options);
}

async function readConfig(file: string): Promise<CommandLineConfig> {
  const { default: exported } = await importFile('config file', file);
  const config: unknown = await given(file, exported);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UsageError(
      `The config file ${file} gives ${describeValue(config)} as its default export, accepted is an object of options or a function that gives one`,
    );
  }
  return config;
}

async function given(file: string, exported: unknown): Promise<unknown> {
  try {
    return typeof exported === 'function' ? await exported() : await exported;
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
