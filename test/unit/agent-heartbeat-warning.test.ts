import { describe, expect, it } from '@jest/globals';
import type { OverdueAgent } from '../../src/agent-heartbeat/agent-heartbeat-report.js';
import { suspensionWarning } from '../../src/agent-heartbeat/agent-heartbeat-warning.js';

const agent = (agentId: string, overdueSeconds = 90): OverdueAgent => ({
  id: '1',
  agentId,
  lastHeartbeatAt: null,
  overdueSeconds,
});
const numbered = (count: number): OverdueAgent[] =>
  Array.from({ length: count }, (_, index) => agent(`agent-${index + 1}`));

describe('the warning about suspended agents', () => {
  it('names one agent', () => {
    expect(suspensionWarning({ runId: 'run-1', suspended: 1, agents: [agent('agent-7')] })).toBe(
      'agent-heartbeat run-1: suspended 1 agent that stopped sending heartbeats: agent-7 (90 s overdue)',
    );
  });

  it('names ten agents and counts the others, more than it was given', () => {
    const line = suspensionWarning({ runId: 'run-1', suspended: 250, agents: numbered(100) });
    expect(line).toContain('suspended 250 agents that stopped sending heartbeats: agent-1 (90 s overdue), agent-2 ');
    expect(line).toMatch(/agent-10 \(90 s overdue\) and 240 more$/);
  });

  it('names all of ten agents', () => {
    expect(suspensionWarning({ runId: 'run-1', suspended: 10, agents: numbered(10) })).toMatch(
      /agent-10 \(90 s overdue\)$/,
    );
  });

  it.each([
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['an escape sequence', 'a\u001B[2Kb'],
    ['a C1 control', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a right-to-left override', 'a\u202Eb'],
    ['a zero-width space', 'a\u200Bb'],
  ])('lets no agent forge a line by %s in its name', (_what, agentId) => {
    const line = suspensionWarning({ runId: 'run-1', suspended: 1, agents: [agent(agentId)] });
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(line).toMatch(/: a(\[2K)?b \(90 s overdue\)$/);
  });

  it('cuts a name after 100 characters, never in the middle of one', () => {
    const line = suspensionWarning({ runId: 'run-1', suspended: 1, agents: [agent('🤖'.repeat(101))] });
    expect(line).toContain(`: ${'🤖'.repeat(100)} (90`);
  });
});
