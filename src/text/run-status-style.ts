import type { RunStatus } from '../contract/run-record.js';
import type { PaintStyle } from './paint.js';
import { STATUS_STYLE } from './status-style.js';

/** How each status of a recorded run is set apart. */
export const RUN_STATUS_STYLE: Readonly<Record<RunStatus, PaintStyle>> = {
  ...STATUS_STYLE,
  running: 'bold',
  lost: 'red',
};
