import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { BATCH_LIMITS } from '../batches/batch-limits.js';
import type { BatchGate } from '../batches/batch-gate.js';
import { BRIEF, BRIEF_READING } from '../database/brief-statement.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, type TimeOuts, writingMode } from '../database/short-transaction.js';
import { arrayText, type Bind, type SqlFragment, sqlStatement } from '../database/sql-statement.js';
import { lookUpTimedOut } from '../errors/hold.errors.js';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import {
  parseShape,
  type SubjectColumn,
  type SubjectKind,
  type TargetColumns,
  targetColumns,
  type TargetDimensions,
} from './hold-dimensions.js';
import { holdGate } from './hold-gate.js';
import { appliesTo, holdsOfRow, isExpressible, notHeld } from './hold-predicate.js';
import type { HeldRow } from './hold-requests.js';
import { HoldsTable } from './holds-table.js';
import { takenAlong, targetsAmong } from './taken-along.js';

/** A cleanup target, as holds see it. */
export interface HeldTarget {
  readonly name: string;
  readonly dimensions: TargetDimensions;
  readonly table: MappedTable;
}

/** What the holds in force mean for one target. */
export interface HoldPlan {
  /** False where the role may not read the holds, or there is no table of them yet: nothing can be deleted then, only counted. */
  readonly areKnown: boolean;
  /** The condition that no hold holds a row; undefined when none could. */
  readonly notHeld: SqlFragment | undefined;
  /** True where plain SQL has placed a hold that nobody has looked up yet, which holds every row until then. */
  readonly isUnresolved: boolean;
  /** Milliseconds that each batch takes to look the holds up, whatever its size. */
  readonly lookUpMs: number;
  /** The ids of the holds that hold every row, as its rows cannot be told by what they name, or as they name nothing: some ten of them. */
  readonly heldWhole: readonly string[];
  /** Keeps each batch to this plan. */
  readonly gate: BatchGate;
}

/** Resolving some ten thousand holds takes a second or so, and identifiers some seconds for ten million users. */
const RESOLVING_MS = 60_000;
const RESOLVING = writingMode({ ...BRIEF, statementTimeoutMs: RESOLVING_MS });

/** Reading a list and hashing it take so many times as long as reading it. */
const HASHED = 2;

/** Of a target that is held whole, this many holds are named. */
const NAMED_HOLDS = 10;

/** DI token of every target there is: `readonly HeldTarget[]`, made when it is asked for. */
export const HELD_TARGETS = Symbol('TENXYTE_MAINTENANCE_HELD_TARGETS');

/** Says what the holds in force mean for a target. */
@Injectable()
export class HoldPlanner {
  public constructor(
    @Inject(HoldsTable) private readonly table: HoldsTable,
    @Inject(BATCH_LIMITS) private readonly limits: TimeOuts,
    @Inject(HELD_TARGETS) private readonly targets: () => readonly HeldTarget[],
  ) {}

  /**
   * Writes down what the holds in force come to now: memberships and identifiers are as of a hold's placement and of the last call. Outside
   * any transaction. Does not write while there is nothing to do.
   *
   * @throws {MaintenanceError} `PERMISSION_DENIED` where the role may not read who belongs to whom, or write it down
   * @throws {MaintenanceError} `TABLE_NOT_FOUND`, see {@link findSubjectTables}
   * @throws {MaintenanceError} `STATEMENT_TIMEOUT` where there are too many of them to be looked up in a minute
   */
  public async refresh(queryRunner: QueryRunner): Promise<void> {
    const look = async (): Promise<boolean> =>
      (await this.table.isReadable(queryRunner)) && (await this.table.hasWork(queryRunner));
    if (await inTransaction(queryRunner, BRIEF_READING, look)) {
      await inTransaction(queryRunner, RESOLVING, () => this.table.resolve(queryRunner)).catch(orExplained);
    }
  }

  /**
   * Reads which holds in force matter for a target, in the transaction that is open. A target whose rows take others along, by a key that
   * cascades or empties columns, is held whole by every hold on those others: nothing can be said of their rows here.
   */
  public async plan(
    queryRunner: QueryRunner,
    target: HeldTarget,
    stored: StoredTable,
    onlyHold?: string,
  ): Promise<HoldPlan> {
    const { names, barrierKey } = this.table;
    // As long as whoever places a hold may have to wait for a batch himself.
    const longestWaitMs = this.limits.statementTimeoutMs + this.limits.lockTimeoutMs;
    const taken = takenAlong(stored.attached);
    const takesOwn = taken.some(({ reference }) => reference?.isWithinTable === true);
    const among = taken.length === 0 ? [] : await targetsAmong(queryRunner, taken, this.targets());
    const concerned = [...new Set([target.name, ...among])];
    const columns = targetColumns(target.dimensions, target.table, stored);
    const areKnown = await this.table.isReadable(queryRunner);
    const rows = areKnown ? await readShapes(queryRunner, names.holds, concerned, onlyHold) : [];
    const formats = rows.length === 0 ? {} : await this.table.formatsOfSubjects(queryRunner);
    const isWhole = ({ shape, target: named }: ShapeRow): boolean =>
      shape === null ||
      (taken.length > 0 && (takesOwn || named !== target.name)) ||
      !isExpressible(parseShape(shape), columns, formats);
    const told = rows.filter((row) => !isWhole(row)).flatMap(({ shape }) => shape ?? []);
    const shapes = [...new Set(told)].map(parseShape);
    const held = shapes.length === 0 ? undefined : notHeld(names, target.name, columns, shapes);
    return {
      areKnown,
      isUnresolved: rows.some(({ shape }) => shape === null),
      notHeld: held?.condition,
      lookUpMs: held === undefined ? 0 : await lookUpMs(queryRunner, held.lists),
      heldWhole: [...new Set(rows.filter(isWhole).flatMap(({ ids }) => ids))].slice(0, NAMED_HOLDS),
      gate: holdGate(
        { holds: names.holds, barrierKey, longestWaitMs },
        concerned,
        shapes,
        taken.length > 0 ? target.name : undefined,
      ),
    };
  }

  /** The targets that a hold holds whole. */
  public async heldWholeBy(queryRunner: QueryRunner, id: string): Promise<readonly string[]> {
    const whole: string[] = [];
    for (const target of this.targets()) {
      const stored = await findStoredTable(queryRunner, target.table);
      const plan = stored && (await this.plan(queryRunner, target, stored, id));
      whole.push(...(plan?.heldWhole.includes(id) === true ? [target.name] : []));
    }
    return whole;
  }

  /** The ids of the holds in force that hold a row of these properties. */
  public async holdsOf(queryRunner: QueryRunner, row: HeldRow): Promise<readonly string[]> {
    const target = this.targets().find(({ name }) => name === row.target);
    const stored = target && (await findStoredTable(queryRunner, target.table));
    if (target === undefined || stored === undefined) {
      return [];
    }
    const columns = targetColumns(target.dimensions, target.table, stored);
    const formats = await this.table.formatsOfSubjects(queryRunner);
    const shapes = (await readShapes(queryRunner, this.table.names.holds, [target.name]))
      .flatMap(({ shape }) => (shape === null ? [] : [parseShape(shape)]))
      .filter((shape) => isExpressible(shape, columns, formats));
    const ofShapes: SqlFragment = (bind) => `${appliesTo([target.name])(bind)}
      and hold.shape operator(pg_catalog.=) any (${bind(arrayText(shapes.map(({ text }) => text)), 'text')}::pg_catalog.text[])`;
    const { sql, parameters } = sqlStatement((bind) =>
      holdsOfRow(this.table.names, columnsOfRow(columns, row, bind), shapes, ofShapes)(bind),
    );
    const matching: { id: string }[] = await queryRunner.query(sql, parameters);
    const { heldWhole } = await this.plan(queryRunner, target, stored);
    return [...matching.map(({ id }) => id), ...heldWhole];
  }
}

interface ShapeRow {
  readonly shape: string | null;
  readonly target: string | null;
  readonly ids: readonly string[];
}

async function readShapes(
  queryRunner: QueryRunner,
  holds: string,
  targets: readonly string[],
  onlyHold?: string,
): Promise<ShapeRow[]> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select hold.shape, hold.target, (pg_catalog.array_agg(hold.id::pg_catalog.text))[1:${NAMED_HOLDS}] as ids
      from ${holds} as hold
      where ${appliesTo(targets)(bind)}
        ${onlyHold === undefined ? '' : `and hold.id::pg_catalog.text operator(pg_catalog.=) ${bind(onlyHold, 'text')}`}
      group by hold.shape, hold.target`,
  );
  return queryRunner.query(sql, parameters);
}

/** @throws what happened, in words that say what to do where that is known */
function orExplained(error: unknown): never {
  if (sqlState(error) === SQL_STATE.queryCanceled) {
    throw new MaintenanceError('STATEMENT_TIMEOUT', `${lookUpTimedOut(RESOLVING_MS)}. Nothing was deleted`, {
      cause: error,
    });
  }
  if (sqlState(error) !== SQL_STATE.insufficientPrivilege) {
    throw error;
  }
  const advice = 'grant what the page on security lists for legal holds';
  const message = `Whom the legal holds come to cannot be looked up: ${errorMessage(error)}; ${advice}. Nothing was deleted`;
  throw new MaintenanceError('PERMISSION_DENIED', message, { cause: error });
}

/** Reads what each batch will read, and hash besides. */
async function lookUpMs(queryRunner: QueryRunner, lists: readonly SqlFragment[]): Promise<number> {
  let milliseconds = 0;
  for (const list of lists) {
    const { sql, parameters } = sqlStatement((bind) => `select pg_catalog.count(*) from (${list(bind)}) as listed`);
    const startedAt = performance.now();
    await queryRunner.query(sql, parameters);
    milliseconds += HASHED * (performance.now() - startedAt);
  }
  return milliseconds;
}

/** The columns of a target with the values of one row in their place. */
function columnsOfRow({ subjects, created, unknown }: TargetColumns, row: HeldRow, bind: Bind): TargetColumns {
  const values: Readonly<Record<SubjectKind, string | number | undefined>> = {
    user: row.userId,
    identifier: row.identifier,
    agentToken: row.agentTokenId,
    application: row.applicationId,
    organization: row.organizationId,
  };
  const valueOf = ({ kind, type }: SubjectColumn): string => {
    const text = values[kind] === undefined ? undefined : String(values[kind]);
    return text === undefined ? 'null' : bind(type === 'uuid' ? text.toLowerCase() : text, 'text');
  };
  const time =
    row.createdAt === undefined ? 'null::pg_catalog.timestamptz' : bind(row.createdAt.toISOString(), 'timestamptz');
  return {
    subjects: subjects.map((column) => ({ ...column, sqlColumn: valueOf(column) })),
    created: created.map(() => time),
    unknown,
  };
}
