import type { ReportedError } from '../contract/task-report.js';
import type { MassSuspensionBreaker } from './agent-heartbeat-settings.js';
import type { AgentSurvey } from './agent-survey.js';

/** Why the breaker tripped. */
export interface MassSuspension {
  readonly monitored: number;
  /** Agents that would have been suspended. */
  readonly overdue: number;
}

/** Why the breaker tripped, in figures and in the report's words; undefined when it did not, or there is none. */
export function massSuspension(
  { monitored, overdue }: Pick<AgentSurvey, 'monitored' | 'overdue'>,
  breaker: MassSuspensionBreaker | undefined,
): { readonly figures: MassSuspension; readonly error: ReportedError } | undefined {
  if (breaker === undefined || monitored < breaker.minAgents) {
    return undefined;
  }
  // A quotient of whole numbers is rounded as the option's literal was, so that exactly the fraction is equal; a product may not be.
  if (overdue / monitored <= breaker.maxFraction) {
    return undefined;
  }
  return { figures: { monitored, overdue }, error: massSuspensionError(monitored, overdue, breaker) };
}

function massSuspensionError(
  monitored: number,
  overdue: number,
  { maxFraction }: MassSuspensionBreaker,
): ReportedError {
  return {
    code: 'MASS_SUSPENSION',
    message:
      `${overdue} of ${monitored} monitored agents are overdue at once, a larger share than the ${maxFraction} of ` +
      'agentHeartbeat.massSuspensionBreaker.maxFraction: nobody was suspended. Most likely their heartbeats do not arrive: check the ' +
      'network and the application that receives them. To suspend them all the same, raise maxFraction or leave the breaker out',
  };
}
