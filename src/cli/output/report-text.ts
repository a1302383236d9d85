import type { AgentHeartbeatReport } from '../../agent-heartbeat/agent-heartbeat-report.js';
import { agentHeartbeatText } from '../../agent-heartbeat/agent-heartbeat-text.js';
import type { CleanupReport } from '../../cleanup/cleanup-report.js';
import { cleanupText } from '../../cleanup/cleanup-text.js';
import type { TaskReport } from '../../contract/task-report.js';
import type { DependencyScanReport } from '../../dependency-scan/dependency-scan-report.js';
import { dependencyScanText } from '../../dependency-scan/dependency-scan-text.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import type { TotpKeyRotationReport } from '../../totp-key-rotation/totp-key-rotation-report.js';
import { totpRotationText } from '../../totp-key-rotation/totp-rotation-text.js';

/** The texts that the tasks' own commands print, by task. */
const TEXTS: Readonly<Record<string, (report: TaskReport, paint: Paint) => string>> = {
  cleanup: (report, paint) => cleanupText(report as CleanupReport, paint),
  'agent-heartbeat': (report, paint) => agentHeartbeatText(report as AgentHeartbeatReport, paint),
  'totp-key-rotation': (report, paint) => totpRotationText(report as TotpKeyRotationReport, paint),
  'dependency-scan': (report, paint) => dependencyScanText(report as DependencyScanReport, paint),
};

/**
 * A recorded report for people: the text that the command of its task prints. The fields themselves stand for a task without one, and for a
 * report of another release that its text cannot be made of.
 */
export function reportText(task: string, recorded: TaskReport, paint: Paint): string {
  const report = inPlainText(recorded);
  try {
    return (Object.hasOwn(TEXTS, task) ? TEXTS[task] : undefined)?.(report, paint) ?? fieldsOf(report);
  } catch {
    return fieldsOf(report);
  }
}

function fieldsOf(report: TaskReport): string {
  return JSON.stringify(report, undefined, 2);
}
