import * as v from 'valibot';
import type { AuditedProject } from '../audits/package-audit.js';
import { parseJsonFile } from '../project.js';
import { declaredDependencies } from './declared-dependencies.js';
import type { LockGaps } from './lock-gaps.js';
import { isSatisfied, sourceOf } from './specifier.js';

interface OldEntry {
  readonly version: string;
  readonly dev: boolean;
  readonly dependencies: Readonly<Record<string, OldEntry>>;
}
const entrySchema: v.GenericSchema<unknown, OldEntry> = v.object({
  version: v.string(),
  dev: v.optional(v.boolean(), false),
  dependencies: v.optional(
    v.lazy(() => v.record(v.string(), entrySchema)),
    {},
  ),
});
const lockSchema = v.object({ dependencies: v.optional(v.record(v.string(), entrySchema), {}) });

/** Finds the gaps of a lock file of version 1, as npm 5 and 6 wrote it: a tree of packages, without the ranges they were asked for by. */
export function findGapsOfOldNpmLock({ lockFile, members }: AuditedProject, gaps: LockGaps): void {
  const { dependencies } = parseJsonFile(lockFile.name, lockFile.text, lockSchema);
  for (const member of members) {
    if (member.folder !== '') {
      gaps.lack(`the workspace ${member.folder}`);
      continue;
    }
    for (const { name, specifier, label, group } of declaredDependencies(member)) {
      const entry = Object.hasOwn(dependencies, name) ? dependencies[name] : undefined;
      if (entry === undefined || (entry.dev && group !== 'peerDependencies')) {
        gaps.lack(label);
      } else if (sourceOf(specifier) !== 'registry') {
        gaps.uncover(label, sourceOf(specifier));
      } else if (!isSatisfied(specifier, versionOf(entry))) {
        gaps.differ(label, versionOf(entry), specifier);
      }
    }
  }
  for (const [name, entry] of oldNpmPackages({ lockFile })) {
    if (!entry.dev) {
      gaps.uncover(name, sourceOf(entry.version));
    }
  }
}

/** Every package of a lock file of version 1. */
export function oldNpmPackages({
  lockFile,
}: Pick<AuditedProject, 'lockFile'>): readonly (readonly [string, OldEntry])[] {
  const walk = (entries: OldEntry['dependencies']): (readonly [string, OldEntry])[] =>
    Object.entries(entries).flatMap((entry) => [entry, ...walk(entry[1].dependencies)]);
  return walk(parseJsonFile(lockFile.name, lockFile.text, lockSchema).dependencies);
}

function versionOf({ version }: OldEntry): string {
  return version.replace(/^npm:.*@/, '');
}
