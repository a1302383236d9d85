import * as v from 'valibot';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { MAINTENANCE_TASKS } from '../contract/maintenance-task.js';
import type { MaintenanceHealthOptions } from './maintenance-health.js';

const taskNames = MAINTENANCE_TASKS.map(({ name }) => name);
const flag = v.optional(v.boolean('true or false'));

const optionsSchema = strictObject(
  {
    lastSuccess: flag,
    lastRun: flag,
    backlog: flag,
    tasks: v.optional(v.array(v.picklist(taskNames, `one of ${taskNames.join(', ')}`), 'a list of task names')),
  },
  'an object',
);

/** @throws {MaintenanceConfigError} listing every problem */
export function validateHealthOptions(options: MaintenanceHealthOptions): void {
  validate('Invalid call of isHealthy()', optionsSchema, options);
}
