import type { QueryRunner } from 'typeorm';
import { hasChanged, isTableChanged } from '../database/relation-state.js';
import { inTransaction, readOnlyMode, type TimeOuts } from '../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import type { Heap } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** Class 42 of the SQLSTATEs: a name, a column or a type is not what it was, or what a trigger takes it for. */
const NO_LONGER_VALID = '42';

/**
 * A heap is no longer what it was when it was looked at: altered, rewritten, detached, replaced or dropped. Nothing was done to it since.
 * Code `TABLE_CHANGED`.
 */
export class TableChangedError extends MaintenanceError {
  public constructor(public readonly sqlName: string) {
    super(
      'TABLE_CHANGED',
      `${sqlName} was altered, rewritten, detached or dropped while it was worked on: run it again`,
    );
  }

  /** What a batch of a heap failed with: this error when the heap has changed since it was looked at. */
  public static async explain(
    error: unknown,
    {
      queryRunner,
      heap,
      limits,
    }: { readonly queryRunner: QueryRunner; readonly heap: Heap; readonly limits: TimeOuts },
  ): Promise<unknown> {
    const state = sqlState(error);
    const isDoubtful = state?.startsWith(NO_LONGER_VALID) === true && state !== SQL_STATE.insufficientPrivilege;
    const isChanged =
      isTableChanged(error) ||
      (isDoubtful && (await inTransaction(queryRunner, readOnlyMode(limits), () => hasChanged(queryRunner, heap))));
    return isChanged ? new TableChangedError(heap.sqlName) : error;
  }
}
