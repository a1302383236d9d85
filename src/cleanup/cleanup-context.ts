import type { DataSource, QueryRunner } from 'typeorm';
import type { BatchLimits } from '../batches/batch-limits.js';
import type { ReportedError } from '../contract/task-report.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { HoldPlanner } from '../holds/hold-planner.js';
import type { ActiveRun } from '../tasks/active-run.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CompleteCleanupSettings } from './cleanup-settings.js';
import type { DeletedBatch } from './cleanup-telemetry.js';
import type { BrakeLimits } from './limits/brake.js';
import type { RunBudget } from './limits/run-budget.js';
import type { RunProgress } from './run-progress.js';
import type { RunPolicy } from './run-cutoffs.js';

/** One cleanup, the same for all its targets. A function takes the fields that it uses. */
export interface CleanupContext extends RunPolicy {
  readonly run: ActiveRun;
  readonly isDryRun: boolean;
  /** The module's, but for the time budget, which the request may set. */
  readonly settings: CompleteCleanupSettings;
  /** The settings' own; without limits when the run is forced. */
  readonly brakes: BrakeLimits;
  readonly budget: RunBudget;
  /** The limits of a batch that deletes. */
  readonly limits: BatchLimits;
  readonly dataSource: DataSource;
  readonly tableOf: (target: AnyCleanupTarget) => MappedTable;
  readonly holds: Pick<HoldPlanner, 'plan' | 'refresh'>;
  readonly assertOwner: OwnerAssertion;
  /** The failure of a target whose table is missing and was there before, in this run or an earlier one; undefined when it was not. */
  readonly vanished: (
    queryRunner: QueryRunner,
    target: AnyCleanupTarget,
    wasThere: boolean,
  ) => Promise<ReportedError | undefined>;
  readonly progress: Pick<RunProgress, 'step' | 'end'>;
  /** Called after each committed batch; never throws. */
  readonly onBatch: (batch: DeletedBatch) => void;
}
