import { describe, expect, it } from '@jest/globals';
import {
  agentHeartbeatSection,
  DEFAULT_AGENT_HEARTBEAT_SETTINGS,
} from '../../src/agent-heartbeat/agent-heartbeat-settings.js';
import { findProblems } from '../../src/validation/validation.js';

const problems = (settings: unknown): string[] =>
  findProblems(agentHeartbeatSection.schema, settings, ['agentHeartbeat']).map(
    ({ path, received, accepted }) => `${path}: ${received}, not ${accepted}`,
  );

describe('the settings of the agent heartbeat monitor', () => {
  it('are off by default, all of them', () => {
    expect(DEFAULT_AGENT_HEARTBEAT_SETTINGS).toEqual({ startupGraceSeconds: 0, expireTokens: false });
    expect(problems(DEFAULT_AGENT_HEARTBEAT_SETTINGS)).toEqual([]);
  });

  it.each([
    {},
    { startupGraceSeconds: 86_400 },
    { massSuspensionBrake: { minAgents: 1, maxFraction: Number.MIN_VALUE } },
    { massSuspensionBrake: { minAgents: 1_000_000_000, maxFraction: 0.999 }, expireTokens: true },
  ])('accept %j', (settings) => {
    expect(problems(settings)).toEqual([]);
  });

  it.each([
    [
      { startupGraceSeconds: 86_401 },
      'agentHeartbeat.startupGraceSeconds: 86401, not a whole number of seconds from 0 to 86400 (0 = off)',
    ],
    [
      { startupGraceSeconds: 0.5 },
      'agentHeartbeat.startupGraceSeconds: 0.5, not a whole number of seconds from 0 to 86400 (0 = off)',
    ],
    [
      { massSuspensionBrake: { minAgents: 0, maxFraction: 0.5 } },
      'agentHeartbeat.massSuspensionBrake.minAgents: 0, not a whole number of agents from 1 to 1000000000',
    ],
    [
      { massSuspensionBrake: { minAgents: 1, maxFraction: 0 } },
      'agentHeartbeat.massSuspensionBrake.maxFraction: 0, not a number greater than 0 and below 1',
    ],
    [
      { massSuspensionBrake: { minAgents: 1, maxFraction: 1 } },
      'agentHeartbeat.massSuspensionBrake.maxFraction: 1, not a number greater than 0 and below 1',
    ],
    [
      { massSuspensionBrake: { minAgents: 1, maxFraction: Number.NaN } },
      'agentHeartbeat.massSuspensionBrake.maxFraction: NaN, not a number greater than 0 and below 1',
    ],
    [
      { massSuspensionBrake: { minAgents: 1 } },
      'agentHeartbeat.massSuspensionBrake.maxFraction: undefined, not a number greater than 0 and below 1',
    ],
    [{ massSuspensionBrake: 5 }, 'agentHeartbeat.massSuspensionBrake: 5, not { minAgents, maxFraction }'],
    [{ expireTokens: 'yes' }, 'agentHeartbeat.expireTokens: "yes", not true or false'],
    [{ expire: true }, 'agentHeartbeat.expire: not an option, not one of the documented names'],
    ['on', 'agentHeartbeat: "on", not an object of agent heartbeat settings'],
  ])('refuse %j', (settings, problem) => {
    expect(problems(settings)).toEqual([problem]);
  });
});
