import { AGENT_HEARTBEAT_TASK } from '../contract/maintenance-task.js';
import type { RunFigures, TaskWording } from '../telemetry/run-log.js';
import { countOf } from '../text/format.js';
import type { AgentHeartbeatReport } from './agent-heartbeat-report.js';

/** `suspended 2 of 14 monitored agents, expired 0 tokens` */
export const AGENT_HEARTBEAT_WORDING: TaskWording<AgentHeartbeatReport> = {
  task: AGENT_HEARTBEAT_TASK.name,
  isFrequent: true,
  figures,
};

function figures({ dryRun, monitored, suspended, expired, lockedAgents }: AgentHeartbeatReport): RunFigures {
  const verb = dryRun ? 'would suspend' : 'suspended';
  return {
    text: `${verb} ${suspended} of ${countOf(monitored, 'monitored agent')}, expired ${countOf(expired, 'token')}`,
    fields: { monitored, suspended, expired, lockedAgents },
    isIdle: suspended === 0 && expired === 0 && lockedAgents === 0,
  };
}
