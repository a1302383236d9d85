import type { Metric } from '../contract/metric.js';

/** The metrics of the agent heartbeat monitor. */
export const AGENT_METRICS = {
  suspendedAgents: {
    name: 'tenxyte.maintenance.agents.suspended',
    kind: 'counter',
    description: 'Agents suspended as their heartbeats stopped',
    unit: '{agent}',
  },
} as const satisfies Readonly<Record<string, Metric>>;
