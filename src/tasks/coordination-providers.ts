import type { Provider } from '@nestjs/common';
import { ActiveRuns } from './active-runs.js';
import { RunTime, Uptime, WallClock } from './clocks.js';
import { EngineRuns } from './engine-runs.js';
import { PausesTable } from './pauses-table.js';
import { RunPings } from './ping/run-pings.js';
import { ApplicationsTable } from './policy/applications-table.js';
import { PolicyWatch } from './policy/policy-watch.js';
import { RunClaims } from './run-claims.js';
import { RunRecorder } from './runs/run-recorder.js';
import { RunsSchema, RunsSchemaBootstrap } from './runs/runs-schema.js';
import { RUN_CLOSING, RunsTable } from './runs/runs-table.js';
import { TableSightings } from './runs/table-sightings.js';
import { DatabaseTicks } from './schedule/database-ticks.js';
import { ScheduledRuns } from './schedule/scheduled-runs.js';
import { SchedulesInForce } from './schedule/schedule-in-force.js';
import { SchedulesTable } from './schedule/schedules-table.js';
import { TaskScheduler } from './schedule/task-scheduler.js';
import { TaskRunner } from './task-runner.js';

/** The providers that claim, run, schedule and record the tasks. */
export const COORDINATION_PROVIDERS: readonly Provider[] = [
  ActiveRuns,
  ApplicationsTable,
  DatabaseTicks,
  EngineRuns,
  PausesTable,
  PolicyWatch,
  RunClaims,
  RunPings,
  RunRecorder,
  RunsSchema,
  RunsSchemaBootstrap,
  RunsTable,
  RunTime,
  ScheduledRuns,
  SchedulesInForce,
  SchedulesTable,
  TableSightings,
  TaskRunner,
  TaskScheduler,
  Uptime,
  WallClock,
  { provide: RUN_CLOSING, useValue: [] },
];
