import type { TaskStatus } from '../contract/task-report.js';
import type { PaintStyle } from './paint.js';

/** How each status is set apart. */
export const STATUS_STYLE: Readonly<Record<TaskStatus, PaintStyle>> = {
  succeeded: 'green',
  partial: 'yellow',
  failed: 'red',
  skipped: 'dim',
  stopped: 'yellow',
};
