import type { ReportedError } from '../contract/task-report.js';
import type { MassSuspensionBrake } from './agent-heartbeat-settings.js';
import type { AgentSurvey } from './agent-survey.js';

/** Why the brake tripped. */
export interface MassSuspension {
  readonly monitored: number;
  /** Agents that would have been suspended. */
  readonly overdue: number;
}

/** Why the brake tripped, in figures and in the report's words; undefined when it did not, or there is none. */
export function massSuspension(
  { monitored, overdue }: Pick<AgentSurvey, 'monitored' | 'overdue'>,
  brake: MassSuspensionBrake | undefined,
): { readonly figures: MassSuspension; readonly error: ReportedError } | undefined {
  if (brake === undefined || monitored < brake.minAgents) {
    return undefined;
  }
  // A quotient of whole numbers is rounded as the option's literal was, so that exactly the fraction is equal; a product may not be.
  if (overdue / monitored <= brake.maxFraction) {
    return undefined;
  }
  return { figures: { monitored, overdue }, error: massSuspensionError(monitored, overdue, brake) };
}

function massSuspensionError(monitored: number, overdue: number, { maxFraction }: MassSuspensionBrake): ReportedError {
  return {
    code: 'MASS_SUSPENSION',
    message:
      `${overdue} of ${monitored} monitored agents are overdue at once, a larger share than the ${maxFraction} of ` +
      'agentHeartbeat.massSuspensionBrake.maxFraction: nobody was suspended. Most likely their heartbeats do not arrive: check the ' +
      'network and the application that receives them. To suspend them all the same, raise maxFraction or leave the brake out',
  };
}
