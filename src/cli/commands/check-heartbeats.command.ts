import type { AgentHeartbeatReport } from '../../agent-heartbeat/agent-heartbeat-report.js';
import { agentHeartbeatComplaint, agentHeartbeatText } from '../../agent-heartbeat/agent-heartbeat-text.js';
import { exitCodeOfStatus } from '../exit-codes.js';
import type { CommandOutcome, CommandSession, MaintenanceCommand } from '../maintenance-command.js';
import { stopOnSignals } from './stop-signals.js';

/** `tenxyte-maintenance check-heartbeats` */
export const checkHeartbeatsCommand: MaintenanceCommand = {
  name: 'check-heartbeats',
  task: 'agent-heartbeat',
  summary: 'suspend the AI agents whose heartbeats stopped',
  declare: (command) => {
    command.option('--dry-run', 'say who would be suspended, by the very same condition, and suspend nobody');
  },
  plan: (command) => {
    const { dryRun = false } = command.opts<{ dryRun?: boolean }>();
    return (session) => checkHeartbeats(session, dryRun);
  },
};

async function checkHeartbeats({ maintenance, output }: CommandSession, dryRun: boolean): Promise<CommandOutcome> {
  const stop = stopOnSignals((name) => {
    output.note(`${name}: stopping after the batch in flight; once more ends it at once`);
  });
  try {
    return outcomeOf(await maintenance.checkAgentHeartbeats({ dryRun, signal: stop.signal }));
  } finally {
    stop.dispose();
  }
}

function outcomeOf(report: AgentHeartbeatReport): CommandOutcome {
  const complaint = agentHeartbeatComplaint(report);
  return {
    report,
    text: (paint) => agentHeartbeatText(report, paint),
    exitCode: exitCodeOfStatus(report.status),
    ...(complaint === undefined ? {} : { complaint }),
  };
}
