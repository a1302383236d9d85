import type { QueryRunner } from 'typeorm';
import { attachedTo, type KeyReference } from '../database/attached-objects.js';
import { guarded } from '../database/relation-state.js';
import {
  inOneMessage,
  inTransaction,
  inTwoMessages,
  readOnlyMode,
  RUN_DEFERRED,
} from '../database/short-transaction.js';
import { isReferenced, referencingTable, SQL_STATE, sqlState } from '../database/sql-state.js';
import { type SqlFragment, sqlStatement, sqlText } from '../database/sql-statement.js';
import { batchMode } from './batch-limits.js';
import type { BatchOutcome, BatchWork } from './batch-operation.js';
import { RowsStayedError } from './rows-stayed.error.js';

/** Rows of the heap that were found due. */
interface Places {
  /** An array of `tid`, as PostgreSQL writes it. */
  readonly tids: string;
  readonly count: number;
  /** True when the rows that others were seen to refer to are not among them. */
  readonly isFiltered: boolean;
}

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
    let places = this.pending.shift() ?? NOTHING;
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
      return slice && placesOf(await ask(queryRunner, this.search(slice)));
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
      return this.writeRewritten(places);
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

  /**
   * A rule may make anything of the statement, and of the count of its rows: they are locked before it, and the server's own statistics of
   * the transaction tell how many rows the heap lost (`track_counts`, on by default; without it they pass for kept).
   */
  private async writeRewritten(places: Places): Promise<Outcome> {
    const { queryRunner, limits, operation } = this.batch;
    const { heap, due, optimistic } = operation;
    return inTransaction(queryRunner, batchMode(limits, true, {}), async () => {
      const taken = placesOf(
        await ask(
          queryRunner,
          (bind) => `
            select pg_catalog.array_agg(ctid)::pg_catalog.text as tids, pg_catalog.count(*)::integer as count
            from (
              select ctid
              from only ${heap.sqlName}
              where ${guarded(atPlaces(places), heap)(bind)}
                and ${due(bind)}
              for update skip locked
            ) as taken`,
        ),
      );
      const before = await this.lostRows();
      await ask(queryRunner, optimistic.write(guarded(atPlaces(taken), heap)));
      const rows = Math.min((await this.lostRows()) - before, taken.count);
      await queryRunner.query(RUN_DEFERRED);
      return { ...this.nothing(), rows, lockedRows: places.count - taken.count, keptRows: taken.count - rows };
    });
  }

  /** Rows that the session has deleted from the heap, those of earlier transactions among them as long as they are not passed on. */
  private async lostRows(): Promise<number> {
    const [answer]: { rows: number }[] = await this.batch.queryRunner.query(
      `select pg_catalog.pg_stat_get_xact_tuples_deleted(
         pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
       )::integer as rows`,
      [this.batch.operation.heap.sqlName],
    );
    return answer?.rows ?? 0;
  }

  /** Counts the rows that others refer to and leaves them out, once that has been seen to happen. */
  private async withoutReferenced(places: Places): Promise<Places> {
    if (!this.isReferencing || places.isFiltered) {
      return places;
    }
    const { queryRunner, limits } = this.batch;
    const found = await inTransaction(queryRunner, readOnlyMode(limits), () =>
      ask(queryRunner, this.findReferences(places)),
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

  /**
   * Divides rows by the table that refers to them. A key within the table itself is no hindrance where both rows go in one batch; a row that
   * stays holds those that it refers to.
   */
  private findReferences(places: Places): SqlFragment {
    const { heap } = this.batch.operation;
    const within = this.refusing.filter(({ isWithinTable }) => isWithinTable);
    const others = '(referencing.ctid operator(pg_catalog.=) any (select place from batch)) is not true';
    const elsewhere = `(referencing.tableoid operator(pg_catalog.<>) heap.tableoid or ${others})`;
    const heldByThem: SqlFragment = (bind) =>
      within.length === 0
        ? ''
        : `
        union
        select heap.ctid, ${bind(within[0]?.table ?? '', 'text')}
        from held
        join only ${heap.sqlName} as referencing on referencing.ctid operator(pg_catalog.=) held.place
        join only ${heap.sqlName} as heap on ${within.map(({ sqlMatch }) => `(${sqlMatch})`).join(' or ')}
        where heap.ctid operator(pg_catalog.=) any (select place from batch)`;
    return (bind) => `
      with recursive batch (place) as materialized (
        select ctid
        from only ${heap.sqlName}
        where ${guarded(atPlaces(places), heap)(bind)}
      ), held (place, "table") as (
        select looked.place, looked."table"
        from (
          select heap.ctid as place, case ${this.refusing
            .map(
              ({ table, sqlTable, sqlMatch, isWithinTable }) =>
                `when exists (
                   select
                   from ${sqlTable} as referencing
                   where ${sqlMatch}${isWithinTable ? ` and ${elsewhere}` : ''}
                 ) then ${bind(table, 'text')}`,
            )
            .join(' ')} end as "table"
          from only ${heap.sqlName} as heap
          where ${atPlaces(places, 'heap')(bind)}
        ) as looked
        where looked."table" is not null
        ${heldByThem(bind)}
      )
      select named."table", pg_catalog.array_agg(batch.place)::pg_catalog.text as tids, pg_catalog.count(*)::integer as count
      from batch
      left join (
        select place, pg_catalog.min("table") as "table"
        from held
        group by place
      ) as named on named.place operator(pg_catalog.=) batch.place
      group by named."table"`;
  }
}

const NOTHING: Places = { tids: '{}', count: 0, isFiltered: false };

/** What a statement of {@link ByPlace} answers. */
interface FoundRows {
  readonly tids: string | null;
  readonly count: number;
  /** The table that refers to them; null when none does. */
  readonly table?: string | null;
}

async function ask(queryRunner: QueryRunner, statement: SqlFragment): Promise<readonly FoundRows[]> {
  const { sql, parameters } = sqlStatement(statement);
  return queryRunner.query(sql, parameters);
}

function placesOf([row]: readonly FoundRows[]): Places {
  return row === undefined || row.tids === null ? NOTHING : { tids: row.tids, count: row.count, isFiltered: false };
}

/** Not as a literal, of which the planner would count the elements and then rather read the whole table: a sub-query it takes for few. */
function atPlaces({ tids }: Places, alias?: string): SqlFragment {
  const ctid = alias === undefined ? 'ctid' : `${alias}.ctid`;
  return (bind) => `${ctid} operator(pg_catalog.=) any ((select ${bind(tids, 'tid[]')})::pg_catalog.tid[])`;
}

function halves({ tids, count, isFiltered }: Places): Places[] {
  if (count < 2) {
    return [{ tids, count, isFiltered }];
  }
  const all = tids.match(/"[^"]*"/g) ?? [];
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)].map((part) => ({
    tids: `{${part.join(',')}}`,
    count: part.length,
    isFiltered,
  }));
}
