import { MaintenanceError } from './maintenance.error.js';

/** The application shuts down: no run begins any more. Nothing was touched. Code `SHUTTING_DOWN`. */
export class ShuttingDownError extends MaintenanceError {
  public constructor(task: string) {
    super('SHUTTING_DOWN', `${task} was not started: the application shuts down`, { context: { task } });
  }
}
