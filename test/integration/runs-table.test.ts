import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ClaimOutcome, LeaseRenewal, RunClaim } from '../../src/contract/run-record.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { SQL_STATE, sqlState } from '../../src/database/sql-state.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { untilBlocked } from '../support/blocked-session.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { useTestDatabase } from '../support/test-database.js';

const SLOT = new Date('2026-03-01T03:00:00Z');
const NEXT_SLOT = new Date('2026-03-02T03:00:00Z');
const LEASE_SECONDS = 120;
const APPLICATION = 'table-of-runs';

const newClaim = (changed: Partial<RunClaim> = {}): RunClaim => ({
  runId: randomUUID(),
  task: 'cleanup',
  slot: SLOT,
  trigger: 'cron',
  owner: 'pod-1:7:ab',
  ...changed,
});

describe('the table of runs', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let table: RunsTable;

  beforeAll(async () => {
    app = await maintenanceApp(database.url, {
      options: { leaseSeconds: LEASE_SECONDS },
      typeOrm: { applicationName: APPLICATION },
    });
    table = app.moduleRef.get(RunsTable);
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs'));
  afterAll(() => app.close());

  const leaseLeft = async (runId: string): Promise<number | null> => {
    const [run] = await database.query<{ left: number | null }>(
      'select extract(epoch from lease_expires_at - now())::float8 as left from tenxyte_maintenance.runs where id = $1',
      [runId],
    );
    return run?.left ?? null;
  };
  const runOut = (runId: string): Promise<unknown> =>
    database.query(
      `update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 millisecond' where id = $1`,
      [runId],
    );
  const withConnection = <Answer>(work: (queryRunner: QueryRunner) => Promise<Answer>): Promise<Answer> =>
    withQueryRunner(app.moduleRef.get<DataSource>(MAINTENANCE_DATA_SOURCE), work);
  const claim = (wanted: RunClaim): Promise<ClaimOutcome> =>
    withConnection((queryRunner) => table.claim(wanted, queryRunner));
  const renew = (runId: string): Promise<LeaseRenewal | undefined> =>
    withConnection((queryRunner) => table.renew(runId, queryRunner));

  it('gives a free slot to the first who claims it, with a lease', async () => {
    const wanted = newClaim();
    expect(await claim(wanted)).toMatchObject({ kind: 'claimed' });
    expect(await recordedRuns(database)).toEqual([
      {
        id: wanted.runId,
        task: 'cleanup',
        slot: SLOT,
        trigger: 'cron',
        owner: 'pod-1:7:ab',
        status: 'running',
        report: null,
        error: null,
      },
    ]);
    expect(await leaseLeft(wanted.runId)).toBeGreaterThan(LEASE_SECONDS - 60);
    expect(await leaseLeft(wanted.runId)).toBeLessThanOrEqual(LEASE_SECONDS);
  });

  it('calls a slot taken whatever became of it, and for good', async () => {
    const wanted = newClaim();
    await claim(wanted);
    expect(await claim(newClaim())).toMatchObject({ kind: 'taken' });
    await table.finish(wanted.runId, { status: 'failed', report: null, error: null, stopReason: null, summary: '' });
    expect(await claim(newClaim())).toMatchObject({ kind: 'taken' });
    expect(await claim(newClaim({ slot: NEXT_SLOT }))).toMatchObject({ kind: 'claimed' });
    expect(await claim(newClaim({ task: 'agent-heartbeat' }))).toMatchObject({ kind: 'claimed' });
  });

  it('says who is at work on the task, and lets nobody else', async () => {
    const wanted = newClaim();
    await claim(wanted);
    for (const other of [newClaim({ slot: NEXT_SLOT }), newClaim({ slot: null, trigger: 'manual' })]) {
      expect(await claim(other)).toEqual({
        kind: 'busy',
        other: { runId: wanted.runId, owner: 'pod-1:7:ab', startedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
        at: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    }
    expect(await recordedRuns(database)).toHaveLength(1);
  });

  it('takes a run whose lease ran out for lost, and gives the task to the next', async () => {
    const crashed = newClaim();
    await claim(crashed);
    await runOut(crashed.runId);
    expect(await claim(newClaim({ slot: NEXT_SLOT }))).toMatchObject({ kind: 'claimed' });
    expect((await recordedRuns(database)).map(({ id, status }) => [id === crashed.runId, status])).toEqual([
      [true, 'lost'],
      [false, 'running'],
    ]);
  });

  it('gives a claim that is asked for again to whoever was granted it, with a lease of its own', async () => {
    for (const wanted of [newClaim(), newClaim({ task: 'agent-heartbeat', slot: null })]) {
      await claim(wanted);
      await runOut(wanted.runId);
      expect(await claim(wanted)).toMatchObject({ kind: 'claimed' });
      expect(await leaseLeft(wanted.runId)).toBeGreaterThan(LEASE_SECONDS - 60);
    }
    expect(await recordedRuns(database)).toMatchObject([{ status: 'running' }, { status: 'running' }]);
  });

  it('gives a claim that is asked for again to whoever was granted it, though the task was paused since', async () => {
    const wanted = newClaim();
    await claim(wanted);
    await app.maintenance.pause('cleanup', { reason: 'a migration' });
    expect(await claim(wanted)).toMatchObject({ kind: 'claimed' });
    expect(await claim(newClaim())).toMatchObject({ kind: 'taken' });
    expect(await claim(newClaim({ slot: NEXT_SLOT }))).toMatchObject({
      kind: 'paused',
      pause: { until: null, pausedBy: { actor: null, reason: 'a migration' } },
    });
    await app.maintenance.resume('cleanup');
  });

  it.each([SLOT, null])('says of a claim of %s that it was granted and taken for lost since', async (slot) => {
    const wanted = newClaim({ slot });
    await claim(wanted);
    await runOut(wanted.runId);
    await claim(newClaim({ slot: NEXT_SLOT }));
    await expect(claim(wanted)).rejects.toMatchObject({ code: 'CLAIM_LOST' });
  });

  it('takes a run for alive while somebody holds its row, and waits for nobody for long', async () => {
    const wanted = newClaim();
    await claim(wanted);
    await runOut(wanted.runId);
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from tenxyte_maintenance.runs for update');
    try {
      const [other, renewed] = await Promise.all([
        claim(newClaim({ slot: NEXT_SLOT })),
        renew(wanted.runId).catch((error: unknown) => error),
      ]);
      expect(other).toMatchObject({ kind: 'busy', other: { runId: wanted.runId } });
      expect(sqlState(renewed)).toBe(SQL_STATE.lockNotAvailable);
    } finally {
      await holder.query('rollback');
    }
    expect(await claim(newClaim({ slot: NEXT_SLOT }))).toMatchObject({ kind: 'claimed' });
  });

  it('renews the lease of a run that goes on, and of no other', async () => {
    const wanted = newClaim();
    await claim(wanted);
    await runOut(wanted.runId);
    expect(await renew(wanted.runId)).toEqual({
      serverLife: expect.stringMatching(/Z$/),
      isCancelled: false,
      cancelledBy: null,
    });
    expect(await leaseLeft(wanted.runId)).toBeGreaterThan(LEASE_SECONDS - 60);
    await table.finish(wanted.runId, { status: 'succeeded', report: null, error: null, stopReason: null, summary: '' });
    expect(await renew(wanted.runId)).toBeUndefined();
    expect(await renew(randomUUID())).toBeUndefined();
  });

  it('records the end of a run once, and not that of one that was taken for lost', async () => {
    const [one, other] = [newClaim(), newClaim({ task: 'agent-heartbeat' })];
    await claim(one);
    const report = { status: 'partial', rows: 7 };
    const error = { code: 'ODD', retryable: false, message: 'odd' };
    expect(
      await table.finish(one.runId, {
        status: 'partial',
        report: report as never,
        error,
        stopReason: null,
        summary: '',
      }),
    ).toBe(true);
    // The answer to the first record may have been lost.
    expect(
      await table.finish(one.runId, { status: 'failed', report: null, error: null, stopReason: null, summary: '' }),
    ).toBe(true);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'partial', report, error }]);
    expect(await leaseLeft(one.runId)).toBeNull();

    await claim(other);
    await database.query(`update tenxyte_maintenance.runs set status = 'lost' where id = $1`, [other.runId]);
    expect(
      await table.finish(other.runId, {
        status: 'succeeded',
        report: null,
        error: null,
        stopReason: null,
        summary: '',
      }),
    ).toBe(false);
  });

  it('grants no slot that the database has not come to, whatever the clock of the one who claims it', async () => {
    const slotIn = async (seconds: number): Promise<Date> => {
      const [row] = await database.query<{ slot: number }>(
        `select (extract(epoch from clock_timestamp()) * 1000 + $1::float8 * 1000)::float8 as slot`,
        [seconds],
      );
      return new Date(row?.slot ?? 0);
    };
    for (const seconds of [5, 60, 86_400]) {
      const outcome = await claim(newClaim({ slot: await slotIn(seconds) }));
      expect(outcome).toEqual({ kind: 'early', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{6}Z$/) });
    }
    expect(await recordedRuns(database)).toEqual([]);
    expect(await claim(newClaim({ slot: await slotIn(0.9) }))).toMatchObject({ kind: 'claimed' });
  });

  it('records an end once, and says so, when an attempt whose answer was lost is committed only then', async () => {
    const wanted = newClaim();
    await claim(wanted);
    const end = { status: 'succeeded', report: null, error: null, stopReason: null, summary: 'done' } as const;
    const first = await database.connect();
    await first.query('begin');
    await first.query(`update tenxyte_maintenance.runs set status = 'succeeded', lease_expires_at = null`);
    const second = table.finish(wanted.runId, end);
    await untilBlocked(database, APPLICATION, 'finished as');
    await first.query('commit');
    expect(await second).toBe(true);
  });

  it('records what no text of PostgreSQL can hold', async () => {
    const wanted = newClaim();
    await claim(wanted);
    const error = { code: 'ODD', retryable: false, message: `a\0b \\u0000${String.fromCharCode(0xd83d)}` };
    const end = { status: 'failed', report: null, error, stopReason: null, summary: 'a\0b' } as const;
    expect(await table.finish(wanted.runId, end)).toBe(true);
    expect(await recordedRuns(database)).toMatchObject([{ error: { message: 'a\u{fffd}b \\u0000\u{fffd}' } }]);
  });

  it('records once that a slot was skipped, and why', async () => {
    const error = { code: 'ALREADY_RUNNING', retryable: true, message: 'another one goes on' };
    expect(await table.skip(newClaim(), error)).toBe(true);
    expect(await table.skip(newClaim({ owner: 'pod-2:7:ab' }), error)).toBe(false);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'skipped', owner: 'pod-1:7:ab', error }]);
    expect(await claim(newClaim())).toMatchObject({ kind: 'taken' });
  });
});
