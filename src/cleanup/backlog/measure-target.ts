import type { DataSource, QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import type { ReportedError } from '../../contract/task-report.js';
import type { Instant } from '../../database/instant.js';
import type { MappedTable } from '../../database/mapped-table.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import { tableBytes } from '../../database/stored-table.js';
import type { RetentionOption } from '../../retention/retention-policy.js';
import type { SkipReason } from '../cleanup-report.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import { prepareTargetOf } from '../prepare-target.js';
import { retentionDaysOf, retentionSeconds, runCutoffs, type RunTerms } from '../run-cutoffs.js';
import { measurementFailure } from '../target-failure.js';
import { ageConditions, duePredicate } from '../targets/due-predicate.js';
import { dueSince } from '../targets/due-since.js';
import type { TargetBacklog } from './backlog-report.js';
import type { MeasuredHeap } from './due-figures.js';
import { isFallingBehind } from './falling-behind.js';
import { type HeapMeasurement, measureHeaps } from './measure-heaps.js';

/** Everything that stays the same over the targets of one measurement. */
export interface BacklogMeasurement extends RunTerms, Omit<HeapMeasurement, 'queryRunner'> {
  readonly dataSource: DataSource;
  readonly tableOf: (target: AnyCleanupTarget) => MappedTable;
  readonly scheduleIntervalSeconds: number | null;
  readonly withQueryRunner: <Result>(work: (queryRunner: QueryRunner) => Promise<Result>) => Promise<Result>;
}

/** Measures one target; never throws, so that one target's failure leaves the others measured. */
export async function measureTarget(measurement: BacklogMeasurement, target: AnyCleanupTarget): Promise<TargetBacklog> {
  if (measurement.isStopping()) {
    return unmeasured(target, { status: 'skipped', skipReason: 'stopped' });
  }
  if (retentionDaysOf(measurement, target) === 0) {
    return unmeasured(target, { status: 'skipped', skipReason: 'kept-forever' });
  }
  try {
    return await measurement.withQueryRunner((queryRunner) => measureOver(queryRunner, measurement, target));
  } catch (error) {
    return unmeasured(target, { status: 'failed', error: measurementFailure(error) });
  }
}

async function measureOver(
  queryRunner: QueryRunner,
  measurement: BacklogMeasurement,
  target: AnyCleanupTarget,
): Promise<TargetBacklog> {
  const stored = await inTransaction(queryRunner, readOnlyMode(measurement.limits), async () => {
    const heaps = await prepareTargetOf(measurement, target, queryRunner);
    return heaps === undefined
      ? undefined
      : {
          heaps: measuredHeaps(measurement, target, heaps),
          bytes: await tableBytes(
            queryRunner,
            heaps.map(({ heap }) => heap),
          ),
        };
  });
  if (stored === undefined) {
    return unmeasured(target, { status: 'skipped', skipReason: 'table-not-found' });
  }
  const figures = await measureHeaps({ ...measurement, queryRunner }, stored.heaps);
  if (measurement.isStopping()) {
    return unmeasured(target, { status: 'skipped', skipReason: 'stopped' });
  }
  const oldestDueSeconds = secondsSince(figures.oldestDueSince, measurement.runAt);
  return {
    name: target.name,
    status: 'measured',
    ...figures,
    oldestDueSeconds,
    tableBytes: stored.bytes,
    isFallingBehind: isFallingBehind(oldestDueSeconds, measurement.scheduleIntervalSeconds),
  };
}

function measuredHeaps(
  { runAt, policy, tableOf }: BacklogMeasurement,
  target: AnyCleanupTarget,
  heaps: readonly DueRowsOfHeap[],
): readonly MeasuredHeap[] {
  const table = tableOf(target);
  const cutoffs = runCutoffs(runAt, policy);
  const secondsOf = (option: RetentionOption): number => retentionSeconds(policy, option);
  const since = dueSince(target.dueWhen, { table, cutoffs, secondsOf }) ?? (() => 'null::timestamptz');
  const before = new Map(
    ageConditions(target.dueWhen).map((age) => [table.column(age.before), duePredicate(age, table, cutoffs)]),
  );
  return heaps.map((rows) => ({ ...rows, since, before }));
}

/** Whole seconds; an instant's microseconds are beyond what a `Date` reads. */
function secondsSince(since: Instant | null, measuredAt: Instant): number | null {
  return since === null ? null : Math.floor((Date.parse(measuredAt) - Date.parse(since)) / 1000);
}

type Unmeasured =
  | { readonly status: 'skipped'; readonly skipReason: SkipReason }
  | { readonly status: 'failed'; readonly error: ReportedError };

function unmeasured({ name }: AnyCleanupTarget, reason: Unmeasured): TargetBacklog {
  return {
    name,
    dueRows: null,
    isEstimate: false,
    oldestDueSince: null,
    oldestDueSeconds: null,
    tableBytes: null,
    isFallingBehind: false,
    ...reason,
  };
}
