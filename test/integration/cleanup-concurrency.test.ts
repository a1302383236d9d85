import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport, CleanupTargetReport } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { failFirstDeletions } from '../support/fault.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const LIVE = { expires_at: 'infinity' };

describe('cleanup beside other sessions', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await database.query('truncate refresh_tokens, otp_codes, blacklisted_tokens');
  });

  const idsLeft = async (table = 'refresh_tokens'): Promise<string[]> =>
    (await database.query<{ id: string }>(`select id from ${table} order by id`)).map(({ id }) => id);

  it('skips and counts rows that another session holds, and deletes the others', async () => {
    const [free = '', held = '', live = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED, EXPIRED, LIVE]);
    const other = await database.connect();
    await other.query('begin');
    await other.query('select 1 from refresh_tokens where id = $1 for update', [held]);

    const report = await app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await other.query('rollback');

    expect(report.targets[0]).toMatchObject({ status: 'succeeded', rows: 1, lockedRows: 1 });
    expect(await idsLeft()).toEqual([held, live]);
    expect(free).not.toBe('');
    expect(await app.maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({ rows: 1 });
    expect(await idsLeft()).toEqual([live]);
  });

  it('keeps a refresh token that is renewed while the run goes on', async () => {
    const [first = '', renewed = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED, EXPIRED]);
    const gate = await gateBeforeDeleting(database, 'refresh_tokens', first);
    const running = app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await gate.reached();
    await database.query(`update refresh_tokens set expires_at = 'infinity' where id = $1`, [renewed]);
    await gate.open();
    const report = await running;
    await gate.remove();

    expect(await idsLeft()).toEqual([renewed]);
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
  });

  it('keeps a refresh token whose renewal is committed while the deletion waits for it', async () => {
    const [renewed = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED]);
    const other = await database.connect();
    await other.query('begin');
    await other.query(`update refresh_tokens set expires_at = 'infinity' where id = $1`, [renewed]);
    const running = app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await eventually(async () => {
      const waiting = await database.query(
        'select 1 from pg_stat_activity where datname = current_database() and wait_event_type = $1',
        ['Lock'],
      );
      const done = await Promise.race([running.then(() => true), Promise.resolve(false)]);
      return waiting.length > 0 || done;
    });
    await other.query('commit');
    await running;
    expect(await idsLeft()).toEqual([renewed]);
  });

  it('gives way to a session that waits for what it holds, and goes on: a deadlock loses nothing', async () => {
    const [first = '', second = '', live = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED, EXPIRED, LIVE]);
    const gate = await gateBeforeDeleting(database, 'refresh_tokens', first);
    const other = await database.connect();
    await other.query('begin');
    await other.query(`update refresh_tokens set device_info = 'held' where id = $1`, [second]);
    const running = app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await gate.reached();
    // The run holds the first row and will ask for the second; the other session holds the second and now asks for the first.
    const crossing = other.query(`update refresh_tokens set device_info = 'held' where id = $1`, [first]);
    await gate.open();
    await crossing;
    await other.query('commit');
    const report = await running;
    await gate.remove();

    expect(report.status).toBe('succeeded');
    expect(report.rows + (report.targets[0]?.lockedRows ?? 0)).toBe(2);
    expect(await app.maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({ rows: 2 - report.rows });
    expect(await idsLeft()).toEqual([live]);
  });

  it.each([
    ['a deadlock', '40P01'],
    ['a serialization failure', '40001'],
    ['a lock time-out', '55P03'],
    ['a statement time-out', '57014'],
  ])('tries again after %s', async (_name, sqlState) => {
    const [, live = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED, LIVE]);
    const remove = await failFirstDeletions(database, 'refresh_tokens', { sqlState, times: 2 });
    const report = await app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await remove();
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await idsLeft()).toEqual([live]);
  });

  it.each([
    ['a deadlock', '40P01', 'DEADLOCK'],
    ['a serialization failure', '40001', 'SERIALIZATION_FAILURE'],
    ['a lock time-out', '55P03', 'LOCK_TIMEOUT'],
    ['a statement time-out', '57014', 'STATEMENT_TIMEOUT'],
  ])('gives up on a target after %s too many, says so, and goes on with the others', async (_name, sqlState, code) => {
    await insertRows(database, 'refresh_tokens', [EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    const remove = await failFirstDeletions(database, 'refresh_tokens', { sqlState, times: 1000 });
    const report = await app.maintenance.cleanup({ only: ['refresh_tokens', 'otp_codes'] });
    await remove();
    expect(report).toMatchObject({ status: 'partial', rows: 1 });
    expect(targetNamed(report, 'refresh_tokens')).toMatchObject({ status: 'failed', rows: 0, error: { code } });
    expect(await idsLeft()).toHaveLength(1);
    expect(await idsLeft('otp_codes')).toEqual([]);
  });

  it('does not try again after an error that will not pass', async () => {
    await insertRows(database, 'refresh_tokens', [EXPIRED]);
    const remove = await failFirstDeletions(database, 'refresh_tokens', { sqlState: '23514', times: 1 });
    const report = await app.maintenance.cleanup({ only: ['refresh_tokens'] });
    await remove();
    expect(report.targets[0]).toMatchObject({ status: 'failed', error: { code: 'DATABASE' } });
    expect(report.targets[0]?.error?.message).toContain('23514');
    expect(await idsLeft()).toHaveLength(1);
  });

  it('fails a target whose table another session locks, after its lock time-out, and finishes the others', async () => {
    await insertRows(database, 'refresh_tokens', [EXPIRED]);
    await insertRows(database, 'otp_codes', [EXPIRED]);
    const hurried = await maintenanceApp(database.url, { options: { cleanup: { lockTimeoutMs: 20 } } });
    const other = await database.connect();
    await other.query('begin');
    await other.query('lock table refresh_tokens in access exclusive mode');
    const report = await hurried.maintenance.cleanup({ only: ['refresh_tokens', 'otp_codes'] });
    await other.query('rollback');
    await hurried.close();
    expect(report.status).toBe('partial');
    expect(targetNamed(report, 'refresh_tokens')).toMatchObject({ status: 'failed', error: { code: 'LOCK_TIMEOUT' } });
    expect(targetNamed(report, 'otp_codes')).toMatchObject({ status: 'succeeded', rows: 1 });
  });

  it('halves its batches until they fit the statement time-out', async () => {
    await database.query('alter table refresh_tokens set (fillfactor = 10)');
    await insertRows(
      database,
      'refresh_tokens',
      Array.from({ length: 120 }, () => EXPIRED),
    );
    await database.query(`
      create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return old; end $$`);
    await database.query(
      'create trigger dawdle before delete on refresh_tokens for each row execute function dawdle()',
    );
    const slow = await maintenanceApp(database.url, { options: { cleanup: { statementTimeoutMs: 400 } } });
    const report = await slow.maintenance.cleanup({ only: ['refresh_tokens'] });
    await slow.close();
    await database.query('drop trigger dawdle on refresh_tokens');
    expect(report).toMatchObject({ status: 'succeeded', rows: 120 });
    expect(report.targets[0]?.batches).toBeGreaterThan(1);
  });

  it('reports a connection lost in mid-run, keeps what is live, and finishes the other targets and the next run', async () => {
    const [, second = '', live = ''] = await insertRows(database, 'refresh_tokens', [EXPIRED, EXPIRED, LIVE]);
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await insertRows(database, 'login_attempts', [{ created_at: '2020-01-01T00:00:00Z' }]);
    const gate = await gateBeforeDeleting(database, 'refresh_tokens', second);
    const running = app.maintenance.cleanup({ only: ['blacklisted_tokens', 'refresh_tokens', 'login_attempts'] });
    await database.query('select pg_terminate_backend($1)', [await gate.reached()]);
    const report = await running;
    await gate.remove();

    expect(report).toMatchObject({ status: 'partial', rows: 2 });
    expect(targetNamed(report, 'refresh_tokens')).toMatchObject({
      status: 'failed',
      rows: 0,
      error: { code: 'CONNECTION_LOST' },
    });
    expect(await idsLeft()).toHaveLength(3);
    expect(await app.maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({ status: 'succeeded', rows: 2 });
    expect(await idsLeft()).toEqual([live]);
  });

  it('lets two runs at once, of schemas that know nothing of each other, share the work without an error', async () => {
    await insertRows(database, 'refresh_tokens', [...Array.from({ length: 50 }, () => EXPIRED), LIVE]);
    const rival = await maintenanceApp(database.url, { options: { schema: 'rival_maintenance' } });
    const reports = await Promise.all([app.maintenance.cleanup(), rival.maintenance.cleanup()]);
    await rival.close();
    expect(reports.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    await app.maintenance.cleanup();
    expect(await idsLeft()).toHaveLength(1);
  });

  it('counts a dry run in one snapshot, blind to what others commit meanwhile', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await insertRows(database, 'refresh_tokens', [EXPIRED]);
    let insertion: Promise<unknown> = Promise.resolve();
    const report = await app.maintenance.cleanup({
      dryRun: true,
      only: ['blacklisted_tokens', 'refresh_tokens'],
      onProgress: ({ target }) => {
        if (target === 'blacklisted_tokens') {
          insertion = database.query(`update refresh_tokens set expires_at = 'infinity'`);
        }
      },
    });
    await insertion;
    expect(report.targets.map(({ rows }) => rows)).toEqual([1, 1]);
    expect(await app.maintenance.cleanup({ dryRun: true, only: ['refresh_tokens'] })).toMatchObject({ rows: 0 });
  });
});

function targetNamed(report: CleanupReport, name: string): CleanupTargetReport | undefined {
  return report.targets.find((target) => target.name === name);
}
