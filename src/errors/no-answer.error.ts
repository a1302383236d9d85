import { MaintenanceError } from './maintenance.error.js';

/** The database went silent in mid-statement: neither an answer nor the end of the connection came in time. Code `NO_ANSWER`. */
export class NoAnswerError extends MaintenanceError {
  public constructor(silenceMs: number, cause: unknown) {
    super(
      'NO_ANSWER',
      `The database did not answer within ${Math.round(silenceMs / 1000)} s, or could no longer be reached: the connection was given up`,
      {
        cause,
      },
    );
  }
}
