import { MaintenanceError } from './maintenance.error.js';

/** One value that was refused. */
export interface ConfigProblem {
  /** Where it stands, such as `retention.auditLogDays`. */
  readonly path: string;
  /** What came, shortened; never a secret. */
  readonly received: string;
  /** What would have been accepted. */
  readonly accepted: string;
}

/** Refused options, a refused retention policy or a refused call: every problem at once. Nothing was touched. Code `CONFIG`. */
export class MaintenanceConfigError extends MaintenanceError {
  public constructor(
    subject: string,
    public readonly problems: readonly ConfigProblem[],
  ) {
    super('CONFIG', `${subject}: ${problems.map(describeProblem).join('; ')}`, { context: { problems } });
  }
}

function describeProblem({ path, received, accepted }: ConfigProblem): string {
  return `${path === '' ? 'the value' : path} is ${received}, accepted is ${accepted}`;
}
