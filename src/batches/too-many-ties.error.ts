import { MaintenanceError } from '../errors/maintenance.error.js';

/** More rows bear one age than fit a batch; the heap walk, which divides by place, takes over. Code `TOO_MANY_TIES`. */
export class TooManyTiesError extends MaintenanceError {
  public constructor() {
    super('TOO_MANY_TIES', 'Too many rows bear the same age to divide them by age');
  }
}
