import { failure, type ReportedError } from '../contract/task-report.js';
import type { MassSuspensionBrake } from './agent-heartbeat-settings.js';
import type { AgentSurvey } from './agent-survey.js';

/** Agents that are monitored, and those of them that would have been suspended. */
export type MassSuspension = Pick<AgentSurvey, 'monitored' | 'overdue'>;

/** Why the brake tripped, as counts and as the report's error; undefined when it did not, or there is none. */
export function massSuspension(
  { monitored, overdue }: MassSuspension,
  brake: MassSuspensionBrake | undefined,
): { readonly counts: MassSuspension; readonly error: ReportedError } | undefined {
  if (brake === undefined || monitored < brake.minAgents) {
    return undefined;
  }
  // A quotient of whole numbers is rounded as the option's literal was, so that exactly the fraction is equal; a product may not be.
  if (overdue / monitored <= brake.maxFraction) {
    return undefined;
  }
  return { counts: { monitored, overdue }, error: massSuspensionError(monitored, overdue, brake) };
}

function massSuspensionError(monitored: number, overdue: number, { maxFraction }: MassSuspensionBrake): ReportedError {
  return failure(
    'MASS_SUSPENSION',
    `${overdue} of ${monitored} monitored agents are overdue at once, a larger share than the ${maxFraction} of ` +
      'agentHeartbeat.massSuspensionBrake.maxFraction: nobody was suspended. Most likely their heartbeats do not arrive: check the ' +
      'network and the application that receives them. To suspend them all the same, raise maxFraction or leave the brake out',
  );
}
