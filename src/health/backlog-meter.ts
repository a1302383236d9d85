import type { BacklogReport } from '../cleanup/backlog/backlog-report.js';

/** Measures how many rows are due in the targets of the cleanup. */
export interface BacklogMeter {
  measure(request?: { readonly exact?: boolean; readonly signal?: AbortSignal }): Promise<BacklogReport>;
}

/** DI token of the {@link BacklogMeter}; without one the backlog is not looked at. */
export const BACKLOG_METER = Symbol('TENXYTE_MAINTENANCE_BACKLOG_METER');
