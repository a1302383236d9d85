import { join } from 'node:path';
import { REPOSITORY } from './repository.js';
import { run } from './run.js';

/** What `npm pack` made, or would make. */
export interface Packed {
  readonly tarball: string;
  /** The paths in the package, as npm lists them. */
  readonly files: readonly string[];
  /** What they come to when they are unpacked. */
  readonly bytes: number;
}

interface NpmPackEntry {
  readonly unpackedSize: number;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs the checkout with the `dist` it has: no script runs and no registry is asked. */
export async function pack(destination: string, flags: readonly string[] = []): Promise<Packed> {
  const offline = ['--ignore-scripts', '--offline', '--no-update-notifier', '--cache', join(destination, 'npm-cache')];
  const args = ['pack', '--json', '--pack-destination', destination, ...offline, ...flags];
  const { exitCode, stdout, stderr } = await run('npm', args, { cwd: REPOSITORY });
  const [entry] = exitCode === 0 ? (JSON.parse(stdout) as NpmPackEntry[]) : [];
  if (entry === undefined) {
    throw new Error(`npm pack ended with ${exitCode}: ${stderr}`);
  }
  const { filename, files, unpackedSize: bytes } = entry;
  return { tarball: join(destination, filename), files: files.map(({ path }) => path), bytes };
}
