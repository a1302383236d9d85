import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { HeapWalk } from '../../src/batches/heap-walk.js';
import { inParallel } from '../../src/batches/in-parallel.js';
import { LoadThrottle } from '../../src/batches/load-throttle.js';
import type { SpareConnection } from '../../src/batches/second-connection.js';
import { deletionOf } from '../../src/cleanup/deletion/delete-slice.js';
import { expectOne } from '../../src/database/expect-one.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import type { MappedTable } from '../../src/database/mapped-table.js';
import { findStoredTable } from '../../src/database/stored-table.js';
import { type Gate, gateBeforeDeleting } from '../support/gate.js';
import { recordOpenings } from '../support/batch-openings.js';
import { useTestDatabase } from '../support/test-database.js';

const ROWS = 60_000;
const DUE = ROWS / 2;
const LIMITS = { lockTimeoutMs: 2000, statementTimeoutMs: 15_000, targetBatchMs: 5 };

const database = useTestDatabase();
let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 4 }).initialize();
});
afterAll(() => dataSource.destroy());

beforeEach(async () => {
  await database.query('truncate login_attempts restart identity cascade');
  await database.query(
    `insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
     select 'user' || n, '10.0.0.1', true, '', case when n % 2 = 0 then '2020-01-01'::timestamptz else '2030-01-01' end
     from generate_series(1, ${ROWS}) as n`,
  );
});

/** A second connection that is there from the second batch on. */
interface Company {
  readonly onConnected?: (queryRunner: QueryRunner) => Promise<void>;
  readonly isFree?: () => boolean;
  readonly signal?: AbortSignal;
  readonly beforeBatch?: () => Promise<void>;
  readonly opening?: readonly string[];
  readonly onBatch?: (rowsSoFar: number) => Promise<void>;
  /** The first one goes on only once the second one has left. */
  readonly isSecondAwaited?: boolean;
}

interface Outcome {
  readonly rows: number;
  readonly lockedRows: number;
  readonly joined: number;
  readonly error: unknown;
}

async function walk(company: Company = {}): Promise<Outcome> {
  let [rows, lockedRows, joined, now] = [0, 0, 0, 0];
  let error: unknown;
  let second: Promise<void> = Promise.resolve();
  await withQueryRunner(dataSource, async (queryRunner) => {
    const stored = await findStoredTable(queryRunner, { sqlName: 'login_attempts' } as MappedTable);
    const heap = expectOne(stored?.heaps ?? []);
    // Nobody else writes: the first comparison, due at the second batch, says so.
    const time = { now: () => (now += 250), sleep: async () => undefined };
    const options = {
      queryRunner,
      walk: new HeapWalk(heap),
      operation: deletionOf({
        heap,
        due: (bind) => `created_at < ${bind('2025-01-01', 'timestamptz')}`,
        attached: [],
        ageColumns: [],
        escape: (column) => column,
      }),
      limits: {
        ...LIMITS,
        opening: company.opening ?? [],
        ...(company.beforeBatch === undefined ? {} : { beforeBatch: company.beforeBatch }),
      },
      signal: company.signal ?? new AbortController().signal,
    };
    const spare: SpareConnection = {
      isFree: company.isFree ?? (() => true),
      withQueryRunner: (work) => {
        joined += 1;
        second = withQueryRunner(dataSource, async (connected) => {
          await company.onConnected?.(connected);
          await work(connected);
        });
        return second;
      },
    };
    const answers = [{ rows: [] }, { rows: [{ transaction: '1' }] }, { rows: [] }];
    const idle = { query: async () => answers };
    const throttle = new LoadThrottle({ connect: async () => idle } as unknown as QueryRunner, time);
    const batches = inParallel(options, spare, { throttle, fewestPages: 1 });
    try {
      for await (const batch of batches) {
        rows += batch.rows;
        lockedRows += batch.lockedRows;
        await company.onBatch?.(rows);
        if (company.isSecondAwaited === true) {
          await second.catch(() => undefined);
        }
      }
    } catch (failure) {
      error = failure;
    }
  });
  return { rows, lockedRows, joined, error };
}

async function rowsLeft(): Promise<{ due: number; live: number }> {
  const [left] = await database.query<{ due: number; live: number }>(
    `select count(*) filter (where created_at < '2025-01-01')::int as due,
            count(*) filter (where created_at >= '2025-01-01')::int as live
     from login_attempts`,
  );
  return left ?? { due: -1, live: -1 };
}

/** What happens while the second connection stands at a due row in the middle of the heap: the first one does all the rest. */
async function atGate(work: (gate: Gate, second: Promise<number>) => Promise<Outcome>): Promise<Outcome> {
  const gate = await gateBeforeDeleting(database, 'login_attempts', String(DUE));
  try {
    return await work(gate, gate.reached());
  } finally {
    await gate.remove();
  }
}

describe('a heap walked over two connections', () => {
  it('loses every due row, each counted once, and no live one', async () => {
    const { rows, joined, error } = await walk();
    expect(error).toBeUndefined();
    expect({ rows, joined }).toEqual({ rows: DUE, joined: 1 });
    expect(await rowsLeft()).toEqual({ due: 0, live: ROWS - DUE });
  });

  it('is walked over one when no other is free', async () => {
    expect(await walk({ isFree: () => false })).toMatchObject({ rows: DUE, joined: 0 });
    expect(await rowsLeft()).toEqual({ due: 0, live: ROWS - DUE });
  });

  it('is walked to its end over the first one when the second one is lost in mid-batch', async () => {
    const outcome = await atGate(async (gate, reached) => {
      const walking = walk();
      await database.query('select pg_terminate_backend($1)', [await reached]);
      await gate.open();
      return walking;
    });
    // Whichever connection stood at the gate was lost: the second one's work is done by the first, the first one's loss is an error.
    const { due, live } = await rowsLeft();
    expect(live).toBe(ROWS - DUE);
    expect(outcome).toMatchObject({ rows: DUE - due });
    expect(outcome.error === undefined ? due : 0).toBe(0);
  });

  it('is walked to its end over the first one when the second one is lost with pages in its hands', async () => {
    const outcome = await walk({
      isSecondAwaited: true,
      onConnected: async (second) => {
        const [own]: { pid: number }[] = await second.query('select pg_backend_pid() as pid');
        await database.query('select pg_terminate_backend($1)', [own?.pid]);
      },
    });
    expect(outcome).toMatchObject({ rows: DUE, joined: 1, error: undefined });
    expect(await rowsLeft()).toEqual({ due: 0, live: ROWS - DUE });
  });

  it('is left to the first one when the second one cannot begin', async () => {
    const outcome = await walk({ onConnected: () => Promise.reject(new Error('no second connection')) });
    expect(outcome).toMatchObject({ rows: DUE, joined: 1, error: undefined });
    expect(await rowsLeft()).toEqual({ due: 0, live: ROWS - DUE });
  });

  it('tells of every committed row when it is stopped', async () => {
    const controller = new AbortController();
    const { rows } = await walk({
      signal: controller.signal,
      onBatch: async (rowsSoFar) => {
        if (rowsSoFar > DUE / 4) {
          controller.abort();
        }
      },
    });
    expect(rows).toBeLessThan(DUE);
    expect(await rowsLeft()).toEqual({ due: DUE - rows, live: ROWS - DUE });
  });

  it('tells of every committed row when it fails', async () => {
    let calls = 0;
    const failure = new Error('taken for lost');
    const { rows, error } = await walk({
      beforeBatch: async () => {
        calls += 1;
        if (calls >= 3) {
          throw failure;
        }
      },
    });
    expect(error).toBe(failure);
    expect(await rowsLeft()).toEqual({ due: DUE - rows, live: ROWS - DUE });
  });

  it('begins each batch of both with the opening', async () => {
    const openings = await recordOpenings(database, ['login_attempts']);
    const { rows, joined } = await walk({ opening: openings.statements, isSecondAwaited: true });
    expect({ rows, joined }).toEqual({ rows: DUE, joined: 1 });
    expect(await openings.unopened()).toEqual([]);
    expect(new Set(await openings.connections()).size).toBe(2);
    await openings.remove();
  });

  it('passes over a held row once, and is walked over one connection from then on', async () => {
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from login_attempts where id = $1 for update', [DUE]);
    const outcome = await walk();
    await holder.query('rollback');
    expect(outcome).toMatchObject({ rows: DUE - 1, lockedRows: 1, error: undefined });
    expect(await rowsLeft()).toEqual({ due: 1, live: ROWS - DUE });
  });
});
