import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onOneLine } from '../../text/format.js';
import type { PackageManagerName } from '../dependency-scan-report.js';
import { type PackageManifest, pathOnOneLine, readFileOf, readManifest } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { blockAt, parseBlockMapping } from './block-mapping.js';
import type { ProjectMember } from './declared-dependencies.js';

/** So deep are workspaces looked for whose pattern says `**`. */
const MAX_DEPTH = 8;

/**
 * The `package.json` of the folder, and those of its workspaces: a lock file is of all of them.
 *
 * @throws {ScanUnknownError} when it cannot be told which folders are workspaces, or one of them cannot be read
 */
export async function readMembers(
  folder: string,
  manifest: PackageManifest,
  packageManager: PackageManagerName,
): Promise<readonly ProjectMember[]> {
  const patterns = packageManager === 'pnpm' ? await pnpmPatterns(folder) : patternsOf(manifest);
  const depth = Math.max(
    0,
    ...patterns.map((pattern) => (pattern.includes('**') ? MAX_DEPTH : pattern.split('/').length)),
  );
  const folders = (await foldersBelow(folder, '', depth)).filter(matcherOf(patterns));
  const members: ProjectMember[] = [{ folder: '', manifest }];
  for (const path of folders) {
    if ((await readFileOf(join(folder, path), 'package.json')) !== undefined) {
      members.push({ folder: path, manifest: await readManifest(join(folder, path)) });
    }
  }
  return members;
}

async function pnpmPatterns(folder: string): Promise<readonly string[]> {
  const text = await readFileOf(folder, 'pnpm-workspace.yaml');
  const settings = text === undefined ? undefined : parseBlockMapping(text);
  if (text !== undefined && settings === undefined) {
    throw new ScanUnknownError('pnpm-workspace.yaml cannot be read here, so that nobody can tell what it names');
  }
  const packages = settings?.get('packages');
  return typeof packages === 'string'
    ? flowList(packages)
    : [...blockAt(settings ?? new Map<string, string>(), 'packages').keys()];
}

function flowList(text: string): string[] {
  return text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((item) => item.trim().replace(/^(['"])(.*)\1$/, '$2'))
    .filter((item) => item !== '');
}

function patternsOf({ workspaces }: PackageManifest): readonly string[] {
  const list: unknown =
    typeof workspaces === 'object' && workspaces !== null && 'packages' in workspaces
      ? workspaces.packages
      : workspaces;
  if (list === undefined) {
    return [];
  }
  if (!Array.isArray(list) || !list.every((pattern) => typeof pattern === 'string')) {
    throw new ScanUnknownError('package.json is broken: its workspaces are no list of folders');
  }
  return list;
}

/** The last pattern that fits a folder decides, as `!` takes out again. */
function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.map((pattern) => {
    const path = pattern
      .replace(/^!/, '')
      .replace(/^\.?\//, '')
      .replace(/\/$/, '');
    return { isTaken: !pattern.startsWith('!'), fits: expressionOf(path) };
  });
  return (path) => rules.findLast(({ fits }) => fits.test(path))?.isTaken ?? false;
}

function expressionOf(pattern: string): RegExp {
  if (/[[\]()?\\]|[@+!]\(/.test(pattern)) {
    throw new ScanUnknownError(
      `The workspaces ${onOneLine(pattern)} cannot be read here, so that nobody can tell what they are`,
    );
  }
  const source = pattern
    .replace(/[.+^$|]/g, '\\$&')
    .replaceAll('{', '(?:')
    .replaceAll('}', ')')
    .replace(/\(\?:[^)]*\)/g, (group) => group.replaceAll(',', '|'))
    .replace(/\*\*\/|\/\*\*$|\*/g, (star) => ({ '**/': '(?:.+/)?', '/**': '(?:/.+)?' })[star] ?? '[^/]*');
  return new RegExp(`^${source}$`);
}

async function foldersBelow(root: string, path: string, depth: number): Promise<string[]> {
  if (depth === 0) {
    return [];
  }
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new ScanUnknownError(
      `${pathOnOneLine(path)} cannot be searched for workspaces (${error.code ?? 'no error code'})`,
    );
  });
  const names = entries.filter((entry) => entry.isDirectory() && !['node_modules', '.git'].includes(entry.name));
  const found: string[] = [];
  for (const { name } of names) {
    const below = path === '' ? name : `${path}/${name}`;
    found.push(below, ...(await foldersBelow(root, below, depth - 1)));
  }
  return found.toSorted();
}
