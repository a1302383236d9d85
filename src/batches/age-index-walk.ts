import type { QueryRunner } from 'typeorm';
import { type SqlFragment, sqlStatement } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { Walk } from './walk.js';

/** More rows bear one age than fit a batch; the heap walk, which divides by place, takes over. Code `TOO_MANY_TIES`. */
export class TooManyTiesError extends MaintenanceError {
  public constructor() {
    super('TOO_MANY_TIES', 'Too many rows bear the same age to divide them by age');
  }
}

/** The column whose index leads to the due rows, escaped for SQL, and what all due rows satisfy. */
interface AgeIndex {
  readonly heap: Heap;
  readonly sqlColumn: string;
  readonly due: SqlFragment;
  /** The planner's estimate of the due rows, for progress alone. */
  readonly estimatedRows: number;
}

/**
 * Follows the index on the age column, oldest first: each slice is a half-open range of ages that holds about as many rows as
 * asked for. A slice starts where the last one ended, so entries already dead are not read again.
 */
export class AgeIndexWalk implements Walk {
  public readonly strategy = 'age-index';
  public readonly asksServer = true;
  public readonly batchSize = { initial: 10_000, max: 50_000 };
  public readonly settings = { enable_seqscan: 'off', datestyle: 'ISO', timezone: 'UTC' };
  public readonly commitSettings = {};
  private from: string | undefined;
  private to: string | undefined;
  private rows = 0;
  private isDone = false;

  public constructor(private readonly index: AgeIndex) {}

  public get fraction(): number {
    return this.isDone ? 1 : Math.min(0.99, this.rows / Math.max(1, this.index.estimatedRows));
  }

  /** @throws {TooManyTiesError} when more than `size` rows bear the same age, which no range of ages can divide */
  public async nextSlice(queryRunner: QueryRunner, size: number): Promise<SqlFragment | undefined> {
    if (this.isDone) {
      return undefined;
    }
    this.to = await this.ageAfter(queryRunner, size);
    if (this.to !== undefined && this.to === this.from) {
      throw new TooManyTiesError();
    }
    return this.between(this.from, this.to);
  }

  public advance(rows: number): void {
    this.rows += rows;
    this.from = this.to;
    this.isDone = this.to === undefined;
  }

  private between(from: string | undefined, to: string | undefined): SqlFragment {
    const { sqlColumn } = this.index;
    return (bind) => {
      const bounds = [
        from === undefined ? [] : [`${sqlColumn} operator(pg_catalog.>=) ${bind(from, 'timestamptz')}`],
        to === undefined ? [] : [`${sqlColumn} operator(pg_catalog.<) ${bind(to, 'timestamptz')}`],
      ].flat();
      return bounds.length === 0 ? 'true' : bounds.join(' and ');
    };
  }

  /** The age of the row that comes `size` due rows after the slice's start; undefined when fewer are left. */
  private async ageAfter(queryRunner: QueryRunner, size: number): Promise<string | undefined> {
    const { heap, sqlColumn, due } = this.index;
    const { sql, parameters } = sqlStatement(
      (bind) => `
        select ${sqlColumn}::pg_catalog.text as age
        from only ${heap.sqlName}
        where ${this.between(this.from, undefined)(bind)}
          and ${due(bind)}
        order by ${sqlColumn}
        offset ${bind(String(size), 'int8')}
        limit 1`,
    );
    const found: { age: string }[] = await queryRunner.query(sql, parameters);
    return found[0]?.age;
  }
}
