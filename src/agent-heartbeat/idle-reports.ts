import { randomUUID } from 'node:crypto';
import type { ReportedError } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { RunRefusal } from '../tasks/task-runner.js';
import type { AgentHeartbeatReport } from './agent-heartbeat-report.js';

/** The report of a check that was not made, as another one goes on. */
export function refusedReport({ runId, runAt, error }: RunRefusal): AgentHeartbeatReport {
  return idleReport(runId, runAt, error);
}

/** The report of a check that was not made, as the application started only just now. */
export function graceReport(secondsLeft: number, runAt: Instant): AgentHeartbeatReport {
  const message =
    `This application started only just now and suspends nobody for another ${secondsLeft} s ` +
    '(agentHeartbeat.startupGraceSeconds): the agents may have had nobody to send their heartbeats to';
  return idleReport(randomUUID(), runAt, { code: 'STARTUP_GRACE', message });
}

function idleReport(runId: string, runAt: string, error: ReportedError): AgentHeartbeatReport {
  return {
    task: 'agent-heartbeat',
    status: 'skipped',
    dryRun: false,
    runId,
    runAt,
    durationMs: 0,
    monitored: 0,
    suspended: 0,
    expired: 0,
    lockedAgents: 0,
    agents: [],
    error,
  };
}
