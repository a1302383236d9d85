import type { AnyCleanupTarget } from '../../cleanup/cleanup-request.js';
import { OPT_IN_TARGETS, STANDARD_TARGETS } from '../../cleanup/targets/cleanup-targets.js';
import { DEFAULT_RETENTION, zeroMeansForever } from '../../retention/retention-policy.js';
import { helpSection } from '../../text/help-section.js';

/** What the help of `cleanup` says about the targets, from the list of them. */
export function cleanupHelp(): string {
  return [
    helpSection('Targets, and what is deleted from each', STANDARD_TARGETS.map(entry)),
    helpSection('Opt-in targets, only with --include or --only', OPT_IN_TARGETS.map(entry)),
  ].join('\n');
}

function entry(target: AnyCleanupTarget): readonly [string, string] {
  const option = target.retention?.option;
  if (option === undefined) {
    return [target.name, target.summary];
  }
  const zero = zeroMeansForever(option) ? ', 0 = forever' : '';
  return [target.name, `${target.summary} (default ${DEFAULT_RETENTION[option]}${zero})`];
}
