import type { Provider } from '@nestjs/common';
import { FallingBehindWatch } from './falling-behind-watch.js';
import { MaintenanceEvents } from './maintenance-events.js';
import { MaintenanceLog } from './maintenance-log.js';
import { RunLog } from './run-log.js';
import { RunWatch } from './run-watch.js';
import { BacklogGauges } from './telemetry/backlog-gauges.js';
import { MaintenanceMeter } from './telemetry/maintenance-meter.js';
import { MaintenanceSpans } from './telemetry/maintenance-spans.js';
import { loadOpenTelemetry, OPEN_TELEMETRY_LOADER, OpenTelemetry } from './telemetry/open-telemetry.js';
import { OpenTelemetryRuns } from './telemetry/open-telemetry-runs.js';
import { RunMetrics } from './telemetry/run-metrics.js';
import { RUN_TELEMETRY } from './telemetry/run-telemetry.js';

/** What tells of the runs: events, log lines, metrics and traces. */
export const OBSERVABILITY: readonly Provider[] = [
  BacklogGauges,
  FallingBehindWatch,
  MaintenanceEvents,
  MaintenanceLog,
  MaintenanceMeter,
  MaintenanceSpans,
  OpenTelemetry,
  RunLog,
  RunMetrics,
  RunWatch,
  { provide: OPEN_TELEMETRY_LOADER, useValue: loadOpenTelemetry },
  { provide: RUN_TELEMETRY, useClass: OpenTelemetryRuns },
];
