import type { QueryRunner } from 'typeorm';
import type { BatchGate } from '../batches/batch-gate.js';
import { inOneMessage, inTransaction, readOnlyMode } from '../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { arrayText, sqlText } from '../database/sql-statement.js';
import { type HoldBlocker, HoldInProgressError, HoldsChangedError } from '../errors/hold.errors.js';
import { BRIEF_READING } from '../database/brief-statement.js';
import type { HoldShape } from './hold-dimensions.js';
import { appliesTo } from './hold-predicate.js';

/** No numbers: to read one as such is an error, whose message has it. */
const HOLD_IN_PROGRESS = 'tenxyte_maintenance.hold_in_progress';
const HOLDS_CHANGED = 'tenxyte_maintenance.holds_changed';

/** What stands between deletions and whoever changes the holds. */
interface HoldBarrier {
  /** The table, escaped for SQL. */
  readonly holds: string;
  readonly barrierKey: string;
  /** Milliseconds that a deletion waits for whoever places or releases a hold. */
  readonly longestWaitMs: number;
}

/**
 * Lets a batch delete only while nobody places or releases a hold, and while the holds in force have the shapes that its predicate reckons
 * with. The lock is shared and ends with the batch's transaction; at read committed the DELETE after it sees every hold whose `place()` has
 * returned. A batch never waits for it: it would be taken for one that waits for a row.
 *
 * @param targets whose holds matter
 * @param onlyTarget given where holds of these shapes are reckoned with on this target alone, as its rows take others along
 */
export function holdGate(
  { holds, barrierKey, longestWaitMs }: HoldBarrier,
  targets: readonly string[],
  shapes: readonly HoldShape[],
  onlyTarget?: string,
): BatchGate {
  const shared = `pg_catalog.pg_try_advisory_xact_lock_shared(${barrierKey})`;
  const isUnforeseen = sqlText(
    (bind) => `
      select (case when exists (
        select
        from ${holds} as hold
        where ${appliesTo(targets)(bind)}
          and (
            hold.shape operator(pg_catalog.=) any (${bind(arrayText(shapes.map(({ text }) => text)), 'text')}::pg_catalog.text[])
            ${onlyTarget === undefined ? '' : `and hold.target operator(pg_catalog.=) ${bind(onlyTarget, 'text')}`}
          ) is not true
      ) then '${HOLDS_CHANGED}' else '0' end)::pg_catalog.int4`,
  );
  return {
    statements: [`select (case when ${shared} then '0' else '${HOLD_IN_PROGRESS}' end)::pg_catalog.int4`, isUnforeseen],
    reopens: async (error, queryRunner) => {
      const message = error instanceof Error ? error.message : '';
      if (message.includes(HOLDS_CHANGED)) {
        throw new HoldsChangedError(error);
      }
      if (!message.includes(HOLD_IN_PROGRESS)) {
        return false;
      }
      await waitForBarrier(queryRunner, { barrierKey, longestWaitMs });
      return true;
    },
  };
}

/** @throws {HoldInProgressError} when whoever places or releases a hold takes too long */
async function waitForBarrier(
  queryRunner: QueryRunner,
  { barrierKey, longestWaitMs }: Omit<HoldBarrier, 'holds'>,
): Promise<void> {
  const mode = readOnlyMode({ lockTimeoutMs: longestWaitMs, statementTimeoutMs: longestWaitMs + 1_000 });
  try {
    await inOneMessage(queryRunner, mode, `select pg_catalog.pg_advisory_xact_lock_shared(${barrierKey})`);
  } catch (error) {
    if (sqlState(error) !== SQL_STATE.lockNotAvailable) {
      throw error;
    }
    const blockers = await inTransaction(queryRunner, BRIEF_READING, () => holdBlockers(queryRunner, barrierKey));
    throw new HoldInProgressError(longestWaitMs, blockers);
  }
}

/** The sessions that have the barrier: deletions, which share it, or one that changes `holds`. */
export async function holdBlockers(queryRunner: QueryRunner, barrierKey: string): Promise<readonly HoldBlocker[]> {
  return queryRunner.query(
    `
    select lock.pid, activity.usename::pg_catalog.text as user
    from pg_catalog.pg_locks as lock
    left join pg_catalog.pg_stat_activity as activity on activity.pid operator(pg_catalog.=) lock.pid
    where lock.locktype operator(pg_catalog.=) 'advisory'
      and lock.granted
      and lock.database operator(pg_catalog.=) (
        select oid from pg_catalog.pg_database where datname operator(pg_catalog.=) pg_catalog.current_database()
      )
      and lock.objsubid operator(pg_catalog.=) 1
      and (lock.classid::pg_catalog.int8 operator(pg_catalog.<<) 32) operator(pg_catalog.|) lock.objid::pg_catalog.int8
        operator(pg_catalog.=) $1::pg_catalog.int8
    order by lock.pid`,
    [barrierKey],
  );
}
