import type { Metric } from '../../contract/metric.js';

/** The gauges of the backlog. */
export const BACKLOG_METRICS = {
  dueRows: {
    name: 'tenxyte.maintenance.backlog.rows',
    kind: 'gauge',
    description: 'Rows that a cleanup would delete now',
    unit: '{row}',
  },
  oldestDue: {
    name: 'tenxyte.maintenance.backlog.oldest.age',
    kind: 'gauge',
    description: 'For how long the oldest due row has been due',
    unit: 's',
  },
  tableSize: {
    name: 'tenxyte.maintenance.backlog.table.size',
    kind: 'gauge',
    description: 'Size of the table with its indexes',
    unit: 'By',
  },
  fallingBehind: {
    name: 'tenxyte.maintenance.backlog.falling_behind',
    kind: 'gauge',
    description: '1 when the oldest due row has been due for longer than two intervals of the schedule, else 0',
    unit: '1',
  },
  holdsInForce: {
    name: 'tenxyte.maintenance.holds',
    kind: 'gauge',
    description: 'Legal holds in force, whose rows are not deleted',
    unit: '{hold}',
  },
} as const satisfies Readonly<Record<string, Metric>>;
