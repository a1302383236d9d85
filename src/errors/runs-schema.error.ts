import { MaintenanceError } from './maintenance.error.js';

/** The schema that this package owns is missing, out of date or out of the role's reach. Nothing was touched. Code `RUNS_SCHEMA`. */
export class RunsSchemaError extends MaintenanceError {
  /** @param problem a sentence without its end, which `advice`, what to do about it, follows */
  public constructor(
    problem: string,
    advice: string,
    context: { readonly schema: string; readonly role: string; readonly database: string },
    cause?: unknown,
  ) {
    super('RUNS_SCHEMA', `${problem}: ${advice}. Nothing was touched.`, { context, cause });
  }
}
