import { MaintenanceError } from './maintenance.error.js';

/** One value that was not accepted. */
export interface ConfigProblem {
  /** Where it stands, such as `retention.auditLogDays`. */
  readonly path: string;
  /** The value, shortened; never a secret. */
  readonly received: string;
  /** The values that are accepted. */
  readonly accepted: string;
}

/** Invalid options, an invalid retention policy or an invalid call: every problem at once. Nothing was touched. Code `CONFIG`. */
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
