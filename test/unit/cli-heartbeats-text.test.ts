import { describe, expect, it } from '@jest/globals';
import { agentHeartbeatComplaint, agentHeartbeatText } from '../../src/agent-heartbeat/agent-heartbeat-text.js';
import type { AgentHeartbeatReport, OverdueAgent } from '../../src/index.js';

const AGENT: OverdueAgent = {
  id: '7',
  agentId: 'billing bot',
  lastHeartbeatAt: '2026-03-01T02:58:00.123456Z',
  overdueSeconds: 65,
};

function report(changes: Partial<AgentHeartbeatReport> = {}): AgentHeartbeatReport {
  return {
    task: 'agent-heartbeat',
    status: 'succeeded',
    dryRun: false,
    runId: 'run-1',
    runAt: '2026-03-01T03:00:00.123456Z',
    durationMs: 12,
    stopReason: null,
    cancelledBy: null,
    force: false,
    startedBy: null,
    isUncertain: false,
    monitored: 3,
    suspended: 0,
    expired: 0,
    lockedAgents: 0,
    agents: [],
    ...changes,
  };
}

const plain = (changes: Partial<AgentHeartbeatReport>): string[] =>
  agentHeartbeatText(report(changes), (_style, words) => words).split('\n');

describe('the text of a check of heartbeats', () => {
  it('is one line when nobody was overdue', () => {
    expect(plain({})).toEqual([
      'succeeded: suspended 0 of 3 monitored agents in 12 ms (run run-1 at 2026-03-01T03:00:00.123456Z)',
    ]);
  });

  it('lists the suspended agents', () => {
    const never = { ...AGENT, id: '8', agentId: 'crawler', lastHeartbeatAt: null };
    expect(plain({ suspended: 2, agents: [AGENT, never] }).slice(0, 4)).toEqual([
      'agent        token id  last heartbeat (UTC)    overdue',
      'billing bot         7  2026-03-01 02:58:00   1 min 5 s',
      'crawler             8  never                 1 min 5 s',
      '',
    ]);
  });

  it.each<[string, Partial<AgentHeartbeatReport>, string]>([
    ['how many more there are than it lists', { suspended: 3, agents: [AGENT] }, 'and 2 more agents'],
    ['locked ones', { lockedAgents: 1 }, '1 agent locked, left to the next run'],
    ['which tokens expired', { expired: 2 }, ', expired 2 tokens in 12 ms'],
    ['which would, in a dry run', { expired: 1, dryRun: true }, ', would expire 1 token in 12 ms'],
    ['what a dry run would do', { suspended: 1, dryRun: true }, 'would suspend 1 of 3 monitored agents'],
    ['that a dry run changed nothing', { dryRun: true }, ', dry run: nothing was changed)'],
    ['how the run ended', { status: 'stopped' }, 'stopped: suspended 0'],
  ])('says %s', (_, changes, expected) => {
    expect(plain(changes).join('\n')).toContain(expected);
  });
});

describe('the complaint about a check of heartbeats', () => {
  it.each<[Partial<AgentHeartbeatReport>, string | undefined]>([
    [{}, undefined],
    [{ status: 'stopped' }, 'check-heartbeats was stopped with work left, which the next run does'],
    [
      { status: 'failed', error: { code: 'MASS_SUSPENSION', retryable: false, message: 'too many' } },
      'check-heartbeats failed (MASS_SUSPENSION): too many',
    ],
  ])('of %j is %s', (changes, complaint) => {
    expect(agentHeartbeatComplaint(report(changes))).toBe(complaint);
  });
});
