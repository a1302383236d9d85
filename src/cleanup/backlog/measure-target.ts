import type { QueryRunner } from 'typeorm';
import type { Instant } from '../../database/instant.js';
import { withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import { tableBytes } from '../../database/stored-table.js';
import type { CleanupContext } from '../cleanup-context.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import { type DueRows, findDueRows } from '../find-due-rows.js';
import { isKeptForever, retentionOf, type RunPolicy } from '../run-cutoffs.js';
import { measurementFailure } from '../target-failure.js';
import { ageConditions, duePredicate } from '../targets/due-predicate.js';
import { dueSince } from '../targets/due-since.js';
import { beforeNewest, ruledSince } from '../targets/rule-predicate.js';
import type { TargetBacklog } from './backlog-report.js';
import type { MeasuredHeap } from './due-counts.js';
import { isFallingBehind } from './falling-behind.js';
import { measureHeaps, type MeasurementOptions } from './measure-heaps.js';

/** One measurement of the backlog, the same for all targets. */
export interface BacklogMeasurement
  extends MeasurementOptions, Pick<CleanupContext, 'dataSource' | 'tableOf' | 'holds'>, RunPolicy {
  readonly scheduleIntervalSeconds: number | null;
  readonly holdsInForce: number | null;
}

/** Measures one target; never throws, so that one target's failure leaves the others measured. */
export async function measureTarget(measurement: BacklogMeasurement, target: AnyCleanupTarget): Promise<TargetBacklog> {
  if (measurement.signal.aborted) {
    return unmeasured(target, { status: 'skipped', skipReason: 'stopped' });
  }
  if (isKeptForever(measurement, target)) {
    return unmeasured(target, { status: 'skipped', skipReason: 'kept-forever' });
  }
  try {
    return await withQueryRunner(measurement.dataSource, (queryRunner) =>
      measureOver(queryRunner, measurement, target),
    );
  } catch (error) {
    return unmeasured(target, { status: 'failed', error: measurementFailure(error) });
  }
}

async function measureOver(
  queryRunner: QueryRunner,
  measurement: BacklogMeasurement,
  target: AnyCleanupTarget,
): Promise<TargetBacklog> {
  const found = await inTransaction(queryRunner, readOnlyMode(measurement.limits), async () => {
    const due = await findDueRows(measurement, target, queryRunner);
    if (due === undefined) {
      return undefined;
    }
    const stored = due.heaps.map(({ heap }) => heap);
    return { heaps: measuredHeaps(measurement, target, due), bytes: await tableBytes(queryRunner, stored) };
  });
  if (found === undefined) {
    return unmeasured(target, { status: 'skipped', skipReason: 'table-not-found' });
  }
  const counts = await measureHeaps(queryRunner, measurement, found.heaps);
  if (measurement.signal.aborted) {
    return unmeasured(target, { status: 'skipped', skipReason: 'stopped' });
  }
  const oldestDueSeconds = secondsSince(counts.oldestDueSince, measurement.runAt);
  return {
    name: target.name,
    status: 'measured',
    ...counts,
    oldestDueSeconds,
    tableBytes: found.bytes,
    isFallingBehind: isFallingBehind(oldestDueSeconds, measurement.scheduleIntervalSeconds),
  };
}

function measuredHeaps(
  measurement: BacklogMeasurement,
  target: AnyCleanupTarget,
  { heaps, ruled }: DueRows,
): readonly MeasuredHeap[] {
  const table = measurement.tableOf(target);
  const retention = retentionOf(measurement);
  const since =
    ruled === undefined
      ? (dueSince(target.dueWhen, { table, ...retention }) ?? (() => 'null::pg_catalog.timestamptz'))
      : ruledSince(ruled);
  const before = new Map(
    ageConditions(target.dueWhen).map((age) => [
      table.column(age.before),
      ruled === undefined ? duePredicate(age, table, retention.cutoffs) : beforeNewest(ruled, age),
    ]),
  );
  return heaps.map((rows) => ({ ...rows, since, before }));
}

/** Whole seconds; an instant's microseconds are beyond what a `Date` reads. */
function secondsSince(since: Instant | null, measuredAt: Instant): number | null {
  return since === null ? null : Math.floor((Date.parse(measuredAt) - Date.parse(since)) / 1000);
}

function unmeasured(
  { name }: AnyCleanupTarget,
  reason: Pick<TargetBacklog, 'status' | 'skipReason' | 'error'>,
): TargetBacklog {
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
