import type { DynamicModule, Type } from '@nestjs/common';
import { UsageError } from '../../errors/usage.error.js';
import { importFile } from './import-file.js';

/** A module of the host's that can be booted. */
export type HostModule = Type | DynamicModule;

/** The keys under which `@Module()` keeps what it is given. */
const MODULE_METADATA = ['imports', 'controllers', 'providers', 'exports'];
const FORM = 'FILE or FILE#MODULE, such as dist/maintenance.module.js#MaintenanceModule';

/**
 * Loads the module that `--app` names: the export behind the `#`, or the only module that the file exports.
 *
 * @throws {UsageError} when there is none, or several
 */
export async function loadHostModule(flag: string): Promise<HostModule> {
  const at = flag.lastIndexOf('#');
  const [file, name] = at === -1 ? [flag] : [flag.slice(0, at), flag.slice(at + 1)];
  if (file === '' || name === '') {
    throw new UsageError(`--app is ${JSON.stringify(flag)}, accepted is ${FORM}`);
  }
  const exported = await importFile('application module', file);
  const modules = Object.entries(exported).filter(([, value]) => isModule(value));
  const found = [...new Set(name === undefined ? modules.map(([, value]) => value) : [exported[name]])];
  const [module] = found;
  if (found.length === 1 && (isModule(module) || (name !== undefined && typeof module === 'function'))) {
    return module as HostModule;
  }
  const names = modules.map(([each]) => each).join(', ') || 'none';
  const wanted = name === undefined ? 'one module' : `a module ${name}`;
  throw new UsageError(`${file} does not export ${wanted}; the modules it exports: ${names}. --app takes ${FORM}`);
}

function isModule(value: unknown): value is HostModule {
  if (typeof value === 'function') {
    return MODULE_METADATA.some((key) => Reflect.hasOwnMetadata(key, value));
  }
  return typeof (Object(value) as { readonly module?: unknown }).module === 'function';
}
