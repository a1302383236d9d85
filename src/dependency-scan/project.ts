import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { onOneLine } from '../text/format.js';
import { ScanUnknownError } from './scan-unknown.error.js';

const MAX_PATH_LENGTH = 500;

const specifiers = v.optional(v.record(v.string(), v.string()));
const manifestSchema = v.object({
  dependencies: specifiers,
  optionalDependencies: specifiers,
  peerDependencies: specifiers,
  devDependencies: specifiers,
  peerDependenciesMeta: v.optional(v.record(v.string(), v.object({ optional: v.optional(v.boolean()) }))),
  bundleDependencies: v.optional(v.unknown()),
  bundledDependencies: v.optional(v.unknown()),
  overrides: v.optional(v.unknown()),
  resolutions: v.optional(v.record(v.string(), v.unknown())),
  workspaces: v.optional(v.unknown()),
  packageManager: v.optional(v.unknown()),
  devEngines: v.optional(v.unknown()),
  pnpm: v.optional(v.unknown()),
});

/** As much of a `package.json` as a scan looks at. */
export type PackageManifest = v.InferOutput<typeof manifestSchema>;

/** @throws {ScanUnknownError} when there is no such folder. */
export async function assertFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new ScanUnknownError(`There is no folder ${pathOnOneLine(path)}`);
  }
}

/**
 * Reads the `package.json` of a folder. A package manager would take that of a folder above it when there is none.
 *
 * @throws {ScanUnknownError} when there is none, or none that can be read
 */
export async function readManifest(folder: string): Promise<PackageManifest> {
  const text = await readFileOf(folder, 'package.json');
  if (text === undefined) {
    throw new ScanUnknownError(`There is no package.json in ${pathOnOneLine(folder)}`);
  }
  return parseJsonFile('package.json', text, manifestSchema);
}

/**
 * The text of a file; undefined when there is none.
 *
 * @throws {ScanUnknownError} when there is one that cannot be read
 */
export async function readFileOf(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      return undefined;
    }
    throw new ScanUnknownError(`${name} cannot be read (${code ?? 'no error code'})`);
  }
}

/**
 * Reads JSON that has to fit a schema.
 *
 * @throws {ScanUnknownError} when it does not, naming the file and nothing of what it holds
 */
export function parseJsonFile<Schema extends v.GenericSchema>(
  name: string,
  text: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, parseJson(text));
  if (!parsed.success) {
    throw new ScanUnknownError(`${name} is broken`);
  }
  return parsed.output;
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** A path for a sentence. */
export function pathOnOneLine(path: string): string {
  return onOneLine(path, MAX_PATH_LENGTH);
}
