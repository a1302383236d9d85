import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DeletionOutcome } from '../../src/cleanup/deletion/delete-slice.js';
import { deletionOf } from '../../src/cleanup/deletion/delete-slice.js';
import { CleanupTally } from '../../src/cleanup/cleanup-tally.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { inOneMessage, writingMode } from '../../src/database/short-transaction.js';
import { type SqlFragment, sqlText } from '../../src/database/sql-statement.js';
import { untilBlocked } from '../support/blocked-session.js';
import { onDatabase } from '../support/on-database.js';
import { TIMEOUT_MS } from '../support/patience.js';
import { useTestDatabase } from '../support/test-database.js';

const CLEANER = 'row-kinds';
const due: SqlFragment = (bind) => `created_at < ${bind('2025-01-01', 'timestamptz')}`;

describe('the rows of a batch by their kind', () => {
  const database = useTestDatabase();
  let dataSource: DataSource;

  beforeAll(async () => {
    const options = { type: 'postgres', url: database.url, applicationName: CLEANER } as const;
    dataSource = await new DataSource(options).initialize();
  });
  afterAll(() => dataSource.destroy());
  beforeEach(async () => {
    await database.query('truncate login_attempts');
    await database.query(
      `insert into login_attempts (id, identifier, ip_address, success, failure_reason, created_at)
       select n, 'user' || n, '10.0.0.1', true, '', case when n <= 4 then '2020-01-01'::timestamptz else '2030-01-01' end
       from generate_series(1, 6) as n`,
    );
  });

  /** Deletes what is due of the whole table, the rows of even ids as those of kind 7. */
  const deleteAtOnce = async (): Promise<DeletionOutcome> => {
    const { atOnce } = deletionOf({
      heap: { sqlName: 'login_attempts', pages: 1, estimatedRows: -1, state: '' },
      due,
      kind: () => 'case when id % 2 = 0 then 7 else -1 end',
      attached: [],
      ageColumns: [],
      escape: (column) => column,
    });
    const mode = writingMode({ lockTimeoutMs: TIMEOUT_MS, statementTimeoutMs: TIMEOUT_MS });
    const sql = sqlText(atOnce?.write(() => 'true') ?? due);
    return withQueryRunner(dataSource, async (queryRunner) => {
      const answer = await inOneMessage(queryRunner, mode, sql, atOnce?.note);
      return atOnce?.outcome(answer) ?? { rows: -1, lockedRows: 0, keptRows: 0 };
    });
  };

  const rowsOfKinds = (outcome: DeletionOutcome): (number | null)[] => {
    const tally = new CleanupTally();
    tally.add({ ...outcome, strategy: 'heap-walk' });
    return [-1, 7].map((kind) => tally.rowsOfKind(kind));
  };

  it('are counted beside their deletion, those of one batch at a time', async () => {
    const first = await deleteAtOnce();
    expect({ rows: first.rows, kinds: rowsOfKinds(first) }).toEqual({ rows: 4, kinds: [2, 2] });
    const second = await deleteAtOnce();
    expect({ rows: second.rows, kinds: rowsOfKinds(second) }).toEqual({ rows: 0, kinds: [0, 0] });
    expect(await database.query('select id::int from login_attempts order by id')).toEqual([{ id: 5 }, { id: 6 }]);
  });

  it('are not told where somebody else deletes one of them in between', async () => {
    const outcome = await onDatabase(database.url, async (other) => {
      await other.query('begin; delete from login_attempts where id = 1');
      const batch = deleteAtOnce();
      await untilBlocked(database, CLEANER);
      await other.query('commit');
      return batch;
    });
    expect({ rows: outcome.rows, kinds: rowsOfKinds(outcome) }).toEqual({ rows: 3, kinds: [null, null] });
  });
});
