import { MaintenanceError } from './maintenance.error.js';

/** What is known of the schema that cannot be used. */
export interface RunsSchemaProblem {
  readonly schema: string;
  readonly role: string;
  readonly database: string;
  /** What is wrong, without the end of the sentence. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
}

/** The schema that this package owns is missing, out of date or out of the role's reach. Nothing was touched. Code `RUNS_SCHEMA`. */
export class RunsSchemaError extends MaintenanceError {
  public constructor({ schema, role, database, problem, advice }: RunsSchemaProblem, cause?: unknown) {
    super('RUNS_SCHEMA', `${problem}: ${advice}. Nothing was touched.`, {
      context: { schema, role, database },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
