import type { ExpectedRuns } from '../tasks/schedule/schedule-settings.js';
import * as v from 'valibot';
import { defineSettings } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';

/** The share of overdue agents above which the cause is more likely to be elsewhere, such as a network that is down. */
export interface MassSuspensionBrake {
  /** Below this many monitored agents the brake never trips; 1 to 1,000,000,000. */
  readonly minAgents: number;
  /** The brake trips when a larger share of the monitored agents is overdue; greater than 0, below 1. Exactly this share passes. */
  readonly maxFraction: number;
}

/** How agents that stopped sending heartbeats are dealt with. */
export interface AgentHeartbeatSettings {
  /**
   * Seconds after the start of the application in which this process suspends nobody, so that agents whose heartbeats found nobody to
   * receive them can send the next one; 0 to 86,400. 0 = off. @default 0
   */
  readonly startupGraceSeconds?: number;
  /** Suspends nobody when too many agents are overdue at once, and reports a failure instead. @default none */
  readonly massSuspensionBrake?: MassSuspensionBrake;
  /** Also gives ACTIVE tokens past their `expires_at` the status EXPIRED, heartbeats required of them or not. @default false */
  readonly expireTokens?: boolean;
}

/** The settings with every default filled in. */
export type CompleteAgentHeartbeatSettings = Readonly<
  Required<Omit<AgentHeartbeatSettings, 'massSuspensionBrake'>> & Pick<AgentHeartbeatSettings, 'massSuspensionBrake'>
>;

/** The defaults of {@link AgentHeartbeatSettings}, the one place they stand. */
export const DEFAULT_AGENT_HEARTBEAT_SETTINGS: CompleteAgentHeartbeatSettings = {
  startupGraceSeconds: 0,
  expireTokens: false,
};

const fraction = 'a number greater than 0 and below 1';

const brakeSchema = strictObject(
  {
    minAgents: wholeNumber({ min: 1, max: 1_000_000_000, unit: 'agents' }),
    maxFraction: v.pipe(v.number(fraction), v.gtValue(0, fraction), v.ltValue(1, fraction)),
  },
  '{ minAgents, maxFraction }',
);

const agentHeartbeatSettingsSchema = strictObject(
  {
    startupGraceSeconds: v.optional(wholeNumber({ max: 86_400, unit: 'seconds', zero: 'off' })),
    massSuspensionBrake: v.optional(brakeSchema),
    expireTokens: v.optional(v.boolean('true or false')),
  },
  'an object of agent heartbeat settings',
);

/** The section of the options that the agent heartbeat monitor owns. */
export interface AgentHeartbeatOptions {
  readonly agentHeartbeat?: AgentHeartbeatSettings;
}

/** When the monitor runs by itself. */
export interface AgentHeartbeatSchedule {
  /**
   * When the agent heartbeats are checked: a cron expression, `{ by: 'engine' | 'outside' }` with what to expect of others, or false for
   * manual runs alone. @default '* * * * *'
   */
  readonly agentHeartbeat?: string | false | ExpectedRuns;
}

/** DI token of the {@link CompleteAgentHeartbeatSettings}. */
export const AGENT_HEARTBEAT_SETTINGS = Symbol('TENXYTE_MAINTENANCE_AGENT_HEARTBEAT_SETTINGS');

/** The section of the options. */
export const agentHeartbeatSection = defineSettings({
  name: 'agentHeartbeat',
  token: AGENT_HEARTBEAT_SETTINGS,
  schema: agentHeartbeatSettingsSchema,
  defaults: DEFAULT_AGENT_HEARTBEAT_SETTINGS,
  policy: ['massSuspensionBrake', 'expireTokens'],
});
