import type { Provider } from '@nestjs/common';
import { FallingBehindWatch } from './cleanup/backlog/backlog-alarm.js';
import { BACKLOG_GAUGE_SOURCE, BacklogGauges } from './cleanup/backlog/backlog-gauges.js';
import { BacklogService } from './cleanup/backlog/backlog.service.js';
import { BACKLOG_METER, BacklogCache } from './health/backlog-cache.js';
import { RunHistoryService } from './status/run-history.service.js';
import { RunRecords } from './status/run-records.js';
import { StatusService } from './status/status.service.js';
import { TaskEvaluator } from './status/task-evaluator.js';
import { MaintenanceEvents } from './telemetry/maintenance-events.js';
import { MaintenanceLog } from './telemetry/maintenance-log.js';
import { MaintenanceMeter } from './telemetry/maintenance-meter.js';
import { MaintenanceSpans } from './telemetry/maintenance-spans.js';
import { OpenTelemetryRuns } from './telemetry/open-telemetry-runs.js';
import { loadOpenTelemetry, OPEN_TELEMETRY_LOADER, OpenTelemetry } from './telemetry/open-telemetry.js';
import { RunLog } from './telemetry/run-log.js';
import { RunMetrics } from './telemetry/run-metrics.js';
import { RUN_TELEMETRY } from './telemetry/run-telemetry.js';
import { RunInstrumentation } from './telemetry/run-instrumentation.js';

/** What tells of the runs: events, log lines, metrics and traces, status, history and health. */
export const OBSERVABILITY: readonly Provider[] = [
  BacklogGauges,
  BacklogCache,
  FallingBehindWatch,
  MaintenanceEvents,
  MaintenanceLog,
  MaintenanceMeter,
  MaintenanceSpans,
  OpenTelemetry,
  RunHistoryService,
  RunLog,
  RunMetrics,
  RunRecords,
  RunInstrumentation,
  StatusService,
  TaskEvaluator,
  { provide: BACKLOG_METER, useExisting: BacklogService },
  { provide: BACKLOG_GAUGE_SOURCE, useExisting: BacklogService },
  { provide: OPEN_TELEMETRY_LOADER, useValue: loadOpenTelemetry },
  { provide: RUN_TELEMETRY, useClass: OpenTelemetryRuns },
];
