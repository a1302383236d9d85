import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../../errors/error-message.js';
import { UsageError } from '../../errors/usage.error.js';

const TYPESCRIPT = /\.[cm]?ts$/;

/**
 * Imports a file of the host's, an ES module, a CommonJS one or TypeScript, and answers its exports by name. What a CommonJS module exports
 * as a whole stands under `default`.
 *
 * @param what names it in errors, such as `config file`
 * @throws {UsageError} when there is none, or it cannot be loaded
 */
export async function importFile(what: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file);
  const found = file === '' ? undefined : statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw new UsageError(
      `The ${what} ${JSON.stringify(file)} ${found === undefined ? 'does not exist' : 'is no file'}`,
    );
  }
  try {
    return exportsOf(await (TYPESCRIPT.test(path) ? importTypeScript(path) : import(pathToFileURL(path).href)));
  } catch (error) {
    throw new UsageError(`The ${what} ${file} could not be loaded: ${errorMessage(error)}`, error);
  }
}

/** On every Node, decorators too. Packages are imported as they are, each once in the process; nothing is kept on the disk. */
async function importTypeScript(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const imported = await createJiti(pathToFileURL(path).href, { fsCache: false, interopDefault: false }).import(path);
  // What `export =` and `module.exports =` give.
  const isWhole = !('default' in Object(imported)) && !('__esModule' in Object(imported));
  return isWhole ? { ...Object(imported), default: imported } : imported;
}

/** Of a compiled ES module that is a CommonJS one now, its exports are the default export of what was imported. */
function exportsOf(imported: unknown): Readonly<Record<string, unknown>> {
  const own = Object(imported) as Record<string, unknown>;
  const inner = Object(own['default']) as Record<string, unknown>;
  return inner['__esModule'] === true ? inner : own;
}
