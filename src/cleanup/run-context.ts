import type { DataSource } from 'typeorm';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import { hasPoolCapacity } from '../database/pool-capacity.js';
import type { RunTime } from '../tasks/clocks.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupRun } from './cleanup-run.js';
import type { CleanupPlan } from './cleanup-runner.js';
import type { CleanupSettings } from './cleanup-settings.js';
import { NO_BRAKES } from './limits/brake.js';
import { RunBudget } from './limits/run-budget.js';

/** What every run stands on. */
export interface RunResources {
  readonly dataSource: DataSource;
  readonly settings: Readonly<Required<CleanupSettings>>;
  readonly tableOf: (target: AnyCleanupTarget) => MappedTable;
  readonly time: RunTime;
  /** See {@link CleanupRun.onBatch}. */
  readonly onBatch: CleanupRun['onBatch'];
}

/** Makes a plan into a run that begins now: its time budget counts from here. */
export function cleanupRunOf(resources: RunResources, plan: CleanupPlan, runAt: Instant): CleanupRun {
  const { dataSource, settings, tableOf, time, onBatch } = resources;
  const { policy, isDryRun, isForced, maxDurationMs, run, onProgress } = plan;
  const pace = new RunBudget(run, { ...settings, maxDurationMs }, time);
  return {
    dataSource,
    runAt,
    policy,
    isDryRun,
    settings,
    brakes: isForced ? NO_BRAKES : settings,
    tableOf,
    isStopping: pace.isStopping,
    signal: run.signal,
    withQueryRunner: (work) => run.withQueryRunner(work),
    keepAlive: (work) => run.keepAlive(work),
    beforeBatch: async (queryRunner) => {
      await pace.beforeBatch();
      await run.beforeBatch(queryRunner);
    },
    countBatch: () => pace.countBatch(),
    companion: {
      isFree: () => mayHaveCompany(settings) && hasPoolCapacity(dataSource),
      withQueryRunner: (work) => run.withQueryRunner(work),
    },
    onProgress,
    onBatch,
  };
}

/** A pause holds the load down, which a second connection would raise again. */
function mayHaveCompany({ maxConnections, pauseBetweenBatchesMs }: RunResources['settings']): boolean {
  return maxConnections > 1 && pauseBetweenBatchesMs === 0;
}
