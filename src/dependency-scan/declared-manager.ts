import * as v from 'valibot';
import { onOneLine } from '../text/format.js';
import type { PackageManifest } from './project.js';
import { ScanUnknownError } from './scan-unknown.error.js';

/** What a `package.json` says of the package manager that it is installed by. */
export interface DeclaredManager {
  /** Any of these; one, but for a list in `devEngines`. */
  readonly names: readonly string[];
  /** For a sentence, such as `packageManager says pnpm`. */
  readonly words: string;
}

const engineSchema = v.object({ name: v.string() });
const devEnginesSchema = v.object({
  packageManager: v.optional(
    v.union([
      v.array(engineSchema),
      v.pipe(
        engineSchema,
        v.transform((engine) => [engine]),
      ),
    ]),
  ),
});
/** `pnpm@10.4.1+sha512.…`, as Corepack writes it; npm takes a name alone. */
const FIELD = /^([a-z]+)(@.*)?$/;

/**
 * Reads `packageManager`, which is Corepack's field, and `devEngines.packageManager`; undefined when there is neither.
 *
 * @throws {ScanUnknownError} when one cannot be read, or they contradict each other
 */
export function declaredManager({ packageManager, devEngines = {} }: PackageManifest): DeclaredManager | undefined {
  const field = packageManager === undefined ? undefined : nameIn(packageManager);
  const { success, output } = v.safeParse(devEnginesSchema, devEngines);
  if (!success) {
    throw new ScanUnknownError('package.json is broken: its devEngines.packageManager names none');
  }
  const engines = output.packageManager?.map(({ name }) => onOneLine(name, 40));
  if (field === undefined) {
    return engines && { names: engines, words: `devEngines.packageManager says ${engines.join(' or ') || 'none'}` };
  }
  if (engines !== undefined && !engines.includes(field)) {
    throw new ScanUnknownError(
      `package.json contradicts itself: packageManager says ${field}, devEngines.packageManager ${engines.join(' or ') || 'none'}`,
    );
  }
  return { names: [field], words: `packageManager says ${field}` };
}

function nameIn(packageManager: unknown): string {
  const name = typeof packageManager === 'string' ? FIELD.exec(packageManager)?.[1] : undefined;
  if (name === undefined) {
    throw new ScanUnknownError('package.json is broken: its packageManager is none, such as "pnpm@10.4.1"');
  }
  return name;
}
