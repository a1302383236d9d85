import { defineTask } from '../contract/maintenance-task.js';
import { countOf } from '../text/format.js';
import { type CleanupFlags, cleanupRequest, declareCleanupFlags, inFlagWords } from './cleanup-flags.js';
import type { CleanupReport } from './cleanup-report.js';
import type { CleanupRequest } from './cleanup-request.js';
import { cleanupSection } from './cleanup-settings.js';
import { cleanupComplaint, cleanupText, remainderOf } from './cleanup-text.js';
import { unmatchedRules } from './rule-text.js';
import { isBrakeRefusal } from './limits/brake.js';
import { CLEANUP_TARGET_NAMES } from './targets/cleanup-targets.js';

/** The retention cleanup. */
export const CLEANUP_TASK = defineTask<'cleanup', 'cleanup', CleanupRequest, CleanupReport>({
  name: 'cleanup',
  commandName: 'cleanup',
  scheduleOption: 'cleanup',
  defaultExpression: '0 3 * * *',
  catchesUp: true,
  settings: cleanupSection,
  policySections: ['retention', 'retentionBounds', 'cleanup'],
  nothingDone: () => ({ rows: 0, targets: [] }),
  logSummary: ({ dryRun, rows, targets }) => {
    const cleaned = targets.filter(({ status }) => status === 'succeeded');
    const rowsByTarget = Object.fromEntries(targets.filter((one) => one.rows > 0).map((one) => [one.name, one.rows]));
    const problems = targets.flatMap((target) => [
      ...(target.error === undefined
        ? []
        : [`${target.name} ${target.status} (${target.error.code}): ${target.error.message}`]),
      ...remainderOf(target),
      ...unmatchedRules(target),
    ]);
    return {
      text: `${dryRun ? 'would delete' : 'deleted'} ${countOf(rows, 'row')} of ${countOf(targets.length, 'target')}`,
      fields: { rows, targets: targets.length, cleanedTargets: cleaned.length, rowsByTarget },
      problems,
      isIdle: rows === 0 && problems.length === 0,
    };
  },
  summarize: ({ rows, targets }) => {
    const failed = targets.filter(({ status }) => status === 'failed');
    const refused = failed.filter((target) => isBrakeRefusal(target.rows, target.error?.code));
    const counts = { refused: refused.length, failed: failed.length - refused.length };
    const failure = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `, ${count} of ${countOf(targets.length, 'target')} ${outcome}`)
      .join('');
    return `deleted ${countOf(rows, 'row')}${failure}`;
  },
  command: {
    summary: 'delete expired and outdated security records',
    examples: ['--dry-run', '--only otp_codes,refresh_tokens --json', '--max-duration 1h --wait 2m'],
    declare: declareCleanupFlags,
    request: (command) => cleanupRequest(command.opts<CleanupFlags>()),
    inFlagWords,
    text: cleanupText,
    complaint: cleanupComplaint,
    progressBars: CLEANUP_TARGET_NAMES,
  },
});
