import { attachedTo, type KeyReference } from '../database/attached-objects.js';
import { guarded } from '../database/relation-state.js';
import { inOneMessage, inTransaction, inTwoMessages, readOnlyMode } from '../database/short-transaction.js';
import { isReferenced, referencingTable, SQL_STATE, sqlState } from '../database/sql-state.js';
import { type SqlFragment, sqlText } from '../database/sql-statement.js';
import { batchMode } from './batch-limits.js';
import type { BatchOutcome, BatchWork } from './batch-operation.js';
import { RowsStayedError } from './batch-retry.js';
import { atPlaces, findRows, type FoundRows, halves, NO_PLACES, type Places, placesOf } from './places.js';
import { referencedPlaces } from './referenced-places.js';
import { writeRewritten } from './write-rewritten.js';

/**
 * Works on a heap to which others have attached triggers, rules or keys. What they run is planned under the settings of the transaction that
 * sets it off; so the due rows are found in a transaction of their own, with the planner held to the walk, and written by their place in
 * another, with the session's own settings. That one is committed when every row that was found is written, and each that is not has a name.
 */
export class ByPlace<Outcome extends BatchOutcome> {
  /** What is left of the slice at hand, in order. */
  private readonly pending: Places[] = [];
  /** The keys by which a row cannot go, and all by which a deletion may fail: those to rows that a cascade deletes too. */
  private readonly refusing: readonly KeyReference[];
  private readonly references: readonly KeyReference[];
  /** True when a rule rewrites the statement, of which PostgreSQL then takes the plain form alone. */
  private readonly isRewritten: boolean;
  /** True while nothing of the slice was written, counted or divided: it may as well be looked through again. */
  private isWhole = true;
  /** True once a row could not go as others refer to it: from then on they are looked for first. */
  private isReferencing = false;
  private referenced = new Map<string, number>();

  public constructor(private readonly batch: BatchWork<Outcome>) {
    const { attached, heap } = batch.operation;
    this.isRewritten = attached.some(({ effect, onDelete }) => effect === 'rewrites' && onDelete);
    const keys = attachedTo(attached, 'delete', heap).filter(({ effect }) => effect === 'refuses');
    this.references = keys.flatMap(({ reference }) => reference ?? []);
    this.refusing = this.references.filter(({ isDirect }) => isDirect);
  }

  /** True while rows of the slice at hand are left. */
  public get isAmidSlice(): boolean {
    return this.pending.length > 0;
  }

  /** The rows that stay as others refer to them, by the table that does, since the last time. */
  public takeReferenced(): ReadonlyMap<string, number> {
    const taken = this.referenced;
    this.referenced = new Map();
    return taken;
  }

  /**
   * Writes the next rows of the slice, or finds those of the next one. `again` when some could not be written: the next attempt takes fewer.
   *
   * @throws {RowsStayedError} when fewer rows were written than found; nothing was
   */
  public async work(size: number, isCautious: boolean): Promise<Outcome | 'end' | 'again'> {
    if (!this.isAmidSlice) {
      const found = await this.find(size);
      if (found === undefined) {
        return 'end';
      }
      this.pending.push(found);
      this.isWhole = true;
    }
    let places = this.pending.shift() ?? NO_PLACES;
    try {
      places = await this.withoutReferenced(places);
      const outcome = await this.write(places, isCautious);
      this.isWhole = false;
      return outcome;
    } catch (error) {
      const key = this.keyOf(error);
      this.putBack(places, error, key);
      if (key === undefined) {
        throw error;
      }
      return this.isAmidSlice ? 'again' : this.nothing();
    }
  }

  /** The key by which others refer to a row that could not go. Any other violation is one of the host's own making. */
  private keyOf(error: unknown): KeyReference | undefined {
    return isReferenced(error)
      ? this.references.find(({ tables }) => tables.includes(referencingTable(error)))
      : undefined;
  }

  /**
   * What could not be written is looked for anew, as others may have moved it; where a part of the slice is done, the rest comes back as it
   * was found. It comes back in halves where all together are too many, or one of them is in the way.
   */
  private putBack(places: Places, error: unknown, key: KeyReference | undefined): void {
    if (key !== undefined && this.refusing.length > 0 && !this.isReferencing) {
      this.isReferencing = true;
      this.pending.unshift(places);
    } else if (key !== undefined && places.count === 1) {
      this.count(key.table, 1);
    } else if (key !== undefined || sqlState(error) === SQL_STATE.queryCanceled) {
      this.isWhole = false;
      this.pending.unshift(...halves(places));
    } else if (!this.isWhole) {
      this.pending.unshift(places);
    }
  }

  private count(table: string, rows: number): void {
    this.isWhole = false;
    this.referenced.set(table, (this.referenced.get(table) ?? 0) + rows);
  }

  private nothing(): Outcome {
    return this.batch.operation.optimistic.outcome({ rows: [], rowCount: 0 });
  }

  private async find(size: number): Promise<Places | undefined> {
    const { queryRunner, walk, limits } = this.batch;
    const mode = readOnlyMode(limits, walk.settings);
    if (!walk.asksServer) {
      const slice = await walk.nextSlice(queryRunner, size);
      if (slice === undefined) {
        return undefined;
      }
      const { rows } = await inOneMessage(queryRunner, mode, sqlText(this.search(slice)));
      return placesOf(rows as unknown as readonly FoundRows[]);
    }
    return inTransaction(queryRunner, mode, async () => {
      const slice = await walk.nextSlice(queryRunner, size);
      return slice && placesOf(await findRows(queryRunner, this.search(slice)));
    });
  }

  private search(slice: SqlFragment): SqlFragment {
    const { heap, due } = this.batch.operation;
    return (bind) => `
      select pg_catalog.array_agg(ctid)::pg_catalog.text as tids, pg_catalog.count(*)::integer as count
      from only ${heap.sqlName}
      where ${guarded(slice, heap)(bind)}
        and ${due(bind)}`;
  }

  private async write(places: Places, isCautious: boolean): Promise<Outcome> {
    const { queryRunner, operation, limits, walk } = this.batch;
    if (places.count === 0) {
      return this.nothing();
    }
    if (this.isRewritten) {
      return { ...this.nothing(), ...(await writeRewritten(this.batch, places)) };
    }
    const { write, outcome } = isCautious ? operation.cautious : operation.optimistic;
    const sql = sqlText(write(guarded(atPlaces(places), operation.heap)));
    const mode = { ...batchMode(limits, isCautious, {}), commit: walk.commitSettings };
    return inTwoMessages(queryRunner, mode, sql, (answer) => {
      const done = outcome(answer);
      if (!isCautious && done.rows < places.count) {
        throw new RowsStayedError();
      }
      // Those that are not where they were found, somebody has changed since.
      return { ...done, lockedRows: places.count - done.rows - done.keptRows };
    });
  }

  /** Counts the rows that others refer to and leaves them out, once that has been seen to happen. */
  private async withoutReferenced(places: Places): Promise<Places> {
    if (!this.isReferencing || places.isFiltered) {
      return places;
    }
    const { queryRunner, limits } = this.batch;
    const found = await inTransaction(queryRunner, readOnlyMode(limits), () =>
      findRows(queryRunner, referencedPlaces(this.batch.operation.heap, this.refusing, places)),
    ).catch((error: unknown) => {
      // A role that may not read the table which refers takes the long way: half by half.
      if (sqlState(error) === SQL_STATE.insufficientPrivilege) {
        return undefined;
      }
      throw error;
    });
    if (found === undefined) {
      return { ...places, isFiltered: true };
    }
    for (const { table = null, count } of found) {
      if (table !== null) {
        this.count(table, count);
      }
    }
    return { ...placesOf(found.filter(({ table }) => table === null)), isFiltered: true };
  }
}
