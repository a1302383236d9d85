import { onOneLine } from '../text/format.js';
import type { OverdueAgent } from './agent-heartbeat-report.js';

/** At most this many agents are named in a log line. */
const MAX_NAMED_AGENTS = 10;

/**
 * The security warning about suspended agents, one line:
 *
 * ```text
 * agent-heartbeat 7f6c…: suspended 12 agents that stopped sending heartbeats: agent-7 (90 s overdue), … and 2 more
 * ```
 */
export function suspensionWarning({
  runId,
  suspended,
  agents,
}: {
  readonly runId: string;
  /** All agents that were suspended, of whom `agents` may be a part. */
  readonly suspended: number;
  readonly agents: readonly OverdueAgent[];
}): string {
  const named = agents
    .slice(0, MAX_NAMED_AGENTS)
    .map(({ agentId, overdueSeconds }) => `${onOneLine(agentId)} (${overdueSeconds} s overdue)`);
  const unnamed = suspended - named.length;
  const rest = unnamed > 0 ? ` and ${unnamed} more` : '';
  const subject = suspended === 1 ? '1 agent' : `${suspended} agents`;
  return `agent-heartbeat ${runId}: suspended ${subject} that stopped sending heartbeats: ${named.join(', ')}${rest}`;
}
