import { defineTask } from '../contract/maintenance-task.js';
import { countOf, formatCount } from '../text/format.js';
import type { AgentHeartbeatReport } from './agent-heartbeat-report.js';
import type { AgentHeartbeatRequest } from './agent-heartbeat-request.js';
import { agentHeartbeatSection } from './agent-heartbeat-settings.js';
import { agentHeartbeatComplaint, agentHeartbeatText } from './agent-heartbeat-text.js';

/** The agent heartbeat monitor. A minute later it runs anyway, so a missed slot is not caught up on. */
export const AGENT_HEARTBEAT_TASK = defineTask<
  'agent-heartbeat',
  'check-heartbeats',
  AgentHeartbeatRequest,
  AgentHeartbeatReport
>({
  name: 'agent-heartbeat',
  commandName: 'check-heartbeats',
  scheduleOption: 'agentHeartbeat',
  defaultExpression: '* * * * *',
  catchesUp: false,
  isFrequent: true,
  settings: agentHeartbeatSection,
  nothingDone: () => ({ monitored: 0, suspended: 0, expired: 0, lockedAgents: 0, agents: [] }),
  logSummary: ({ dryRun, monitored, suspended, expired, lockedAgents }) => {
    const verb = dryRun ? 'would suspend' : 'suspended';
    return {
      text: `${verb} ${suspended} of ${countOf(monitored, 'monitored agent')}, expired ${countOf(expired, 'token')}`,
      fields: { monitored, suspended, expired, lockedAgents },
      isIdle: suspended === 0 && expired === 0 && lockedAgents === 0,
    };
  },
  summarize: ({ suspended, monitored, expired }) => {
    const expiry = expired === 0 ? '' : `, expired ${countOf(expired, 'token')}`;
    return `suspended ${formatCount(suspended)} of ${countOf(monitored, 'agent')}${expiry}`;
  },
  command: {
    summary: 'suspend the AI agents whose heartbeats stopped',
    examples: ['--dry-run', '--json'],
    declare: (command) => {
      command
        .option('--dry-run', 'say who would be suspended, by the very same condition, and suspend nobody')
        .option('--force', 'run although the task is paused');
    },
    request: (command) => {
      const { dryRun, force } = command.opts<{ dryRun?: boolean; force?: boolean }>();
      return { dryRun: dryRun === true, ...(force === true ? { force } : {}) };
    },
    text: agentHeartbeatText,
    complaint: agentHeartbeatComplaint,
  },
});
