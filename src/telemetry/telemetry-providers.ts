import type { Provider } from '@nestjs/common';
import { MaintenanceEvents } from './maintenance-events.js';
import { MaintenanceLog } from './maintenance-log.js';
import { MaintenanceMeter } from './maintenance-meter.js';
import { MaintenanceSpans } from './maintenance-spans.js';
import { loadOpenTelemetry, OPEN_TELEMETRY_LOADER, OpenTelemetry } from './open-telemetry.js';
import { RunInstrumentation } from './run-instrumentation.js';
import { RunLog } from './run-log.js';
import { type Telemetry, TELEMETRY } from './telemetry.js';

/** The providers of events, log lines, metrics and traces. */
export const TELEMETRY_PROVIDERS: readonly Provider[] = [
  MaintenanceEvents,
  MaintenanceLog,
  MaintenanceMeter,
  MaintenanceSpans,
  OpenTelemetry,
  RunInstrumentation,
  RunLog,
  { provide: OPEN_TELEMETRY_LOADER, useValue: loadOpenTelemetry },
  {
    provide: TELEMETRY,
    inject: [MaintenanceSpans, MaintenanceMeter],
    useFactory: (spans: MaintenanceSpans, { record }: MaintenanceMeter): Telemetry => ({
      trace: (plan, work) => spans.trace(plan, work),
      record,
    }),
  },
];
