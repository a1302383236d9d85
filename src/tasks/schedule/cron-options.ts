import type { CronOptions } from '@nestjs/schedule';
import { DEFAULT_TIME_ZONE } from './schedule-settings.js';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';

/** A tick this late still counts, in milliseconds: which slot it is for is told by the clock, and `cron` would drop it after 250 ms. */
export const LATEST_TICK_MS = 60 * 60_000;

/**
 * The options of a task's `@Cron`. The job is made but not started: the options of the module, which no decorator knows, say when it is
 * to run and whether at all.
 */
export function cronOptions({ jobName }: MaintenanceTask): CronOptions {
  return { name: jobName, timeZone: DEFAULT_TIME_ZONE, disabled: true, threshold: LATEST_TICK_MS };
}
