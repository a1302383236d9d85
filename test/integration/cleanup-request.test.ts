import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CLEANUP_TARGET_NAMES, MaintenanceConfigError, OPT_IN_TARGET_NAMES } from '../../src/index.js';
import type { CleanupProgress, CleanupRequest } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const STANDARD = CLEANUP_TARGET_NAMES.filter((name) => !(OPT_IN_TARGET_NAMES as readonly string[]).includes(name));

describe('a cleanup request', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await database.query('truncate login_attempts, blacklisted_tokens');
    await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select repeat('x', 180), '10.0.0.1', true, '', '2001-01-01' from generate_series(1, 20000)`);
    await database.query(`insert into blacklisted_tokens (token_jti, blacklisted_at, expires_at, reason)
      values ('jti', now(), '2001-01-01', '')`);
  });

  const names = async (request: CleanupRequest): Promise<string[]> =>
    (await app.maintenance.cleanup({ dryRun: true, ...request })).targets.map(({ name }) => name);

  it('works on the standard targets, in their order, unless told otherwise', async () => {
    expect(await names({})).toEqual(STANDARD);
    expect(await names({ include: ['webauthn_challenges'] })).toEqual([...STANDARD, 'webauthn_challenges']);
    expect(await names({ only: ['login_attempts', 'blacklisted_tokens'] })).toEqual([
      'blacklisted_tokens',
      'login_attempts',
    ]);
    expect(await names({ only: ['webauthn_challenges'] })).toEqual(['webauthn_challenges']);
  });

  it.each([
    ['an unknown target', { only: ['users'] }],
    ['an empty list', { only: [] }],
    ['an opt-in target that is none', { include: ['login_attempts'] }],
    ['a retention for a target that only excludes', { only: ['otp_codes'], auditLogDays: 5 }],
    ['an inclusion that only excludes', { only: ['otp_codes'], include: ['webauthn_challenges'] }],
    ['negative days', { auditLogDays: -1 }],
    ['fractional days', { loginAttemptsDays: 0.5 }],
    ['textual days', { loginAttemptsDays: '5' }],
    ['NaN days', { loginAttemptsDays: NaN }],
    ['huge days', { loginAttemptsDays: 1e9 }],
    ['an unknown field', { dryrun: true }],
    ['a textual dryRun', { dryRun: 'false' }],
    ['a textual force', { force: 'yes' }],
    ['a negative time budget', { maxDurationMs: -1 }],
    ['a signal that is none', { signal: {} }],
    ['a listener that is none', { onProgress: 'log' }],
  ])('is refused with %s, before anything is touched', async (_name, request) => {
    await expect(app.maintenance.cleanup(request as CleanupRequest)).rejects.toThrow(MaintenanceConfigError);
    expect(await database.query('select 1 from blacklisted_tokens')).toHaveLength(1);
  });

  it('reports as documented', async () => {
    const report = await app.maintenance.cleanup();
    expect(report).toEqual({
      task: 'cleanup',
      status: 'succeeded',
      dryRun: false,
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      runAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      durationMs: expect.any(Number),
      stopReason: null,
      cancelledBy: null,
      force: false,
      startedBy: null,
      isUncertain: false,
      rows: 20_001,
      targets: expect.any(Array),
    });
    expect(report.targets.find(({ name }) => name === 'login_attempts')).toEqual({
      name: 'login_attempts',
      status: 'succeeded',
      rows: 20_000,
      lockedRows: 0,
      referencedRows: 0,
      referencedBy: [],
      keptRows: 0,
      heldRows: 0,
      heldWhole: [],
      tableChanges: [],
      cutoff: expect.stringMatching(/Z$/),
      retentionDays: 90,
      strategy: 'heap-walk',
      batches: expect.any(Number),
      longestBatchMs: expect.any(Number),
      durationMs: expect.any(Number),
      isUncertain: false,
    });
  });

  it('counts the other targets in a dry run when one fails', async () => {
    await database.query(`grant select on all tables in schema public to ${role.name}`);
    await database.query(`revoke select on blacklisted_tokens from ${role.name}`);
    const lesser = await maintenanceApp(role.url);
    try {
      const { status, rows, targets } = await lesser.maintenance.cleanup({ dryRun: true });
      expect({ status, rows }).toEqual({ status: 'partial', rows: 20_000 });
      expect(targets.map(({ name, status: each, error }) => [name, each, error?.code])).toEqual(
        STANDARD.map((name) =>
          name === 'blacklisted_tokens' ? [name, 'failed', 'PERMISSION_DENIED'] : [name, 'succeeded', undefined],
        ),
      );
    } finally {
      await lesser.close();
    }
  });

  it('says that it was refused while another one goes on', async () => {
    const [id] = await insertRuns(database, [
      { status: 'running', started_at: '2026-03-01T03:00:00Z', lease_expires_at: 'infinity' },
    ]);
    const report = await app.maintenance.cleanup();
    await database.query('delete from tenxyte_maintenance.runs where id = $1', [id]);
    expect(report).toEqual({
      task: 'cleanup',
      status: 'skipped',
      dryRun: false,
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      runAt: expect.stringMatching(/Z$/),
      durationMs: 0,
      stopReason: null,
      cancelledBy: null,
      force: false,
      startedBy: null,
      isUncertain: false,
      rows: 0,
      targets: [],
      error: {
        code: 'ALREADY_RUNNING',
        retryable: true,
        message: expect.stringContaining(`(run ${id} of pod-1:7:abcd1234 since`),
      },
    });
  });

  /** The progress of a cleanup, in which each target ends once, and which comes to 1 exactly at its end. */
  const endsOf = async ({ maintenance }: MaintenanceApp, request: CleanupRequest): Promise<CleanupProgress[]> => {
    const steps: CleanupProgress[] = [];
    const onProgress = (step: CleanupProgress): void => {
      steps.push(step);
      request.onProgress?.(step);
    };
    const { targets } = await maintenance.cleanup({ ...request, onProgress });
    const ends = steps.filter(({ status }) => status !== null);
    expect(ends.map(({ target, status }) => [target, status])).toEqual(
      targets.map(({ name, status }) => [name, status]),
    );
    const overall = steps.map((step) => step.overall);
    expect(overall).toEqual(overall.toSorted((a, b) => a - b));
    expect(overall.indexOf(1)).toBe(overall.length - 1);
    return ends;
  };

  it('tells of every target once how it ended, and how far the whole run is', async () => {
    const stop = new AbortController();
    await endsOf(app, { dryRun: true });
    await endsOf(app, { dryRun: true, loginAttemptsDays: 0 });
    await endsOf(app, { signal: AbortSignal.abort() });
    const onProgress: CleanupRequest['onProgress'] = ({ target }) => target === 'login_attempts' && stop.abort();
    expect(await endsOf(app, { signal: stop.signal, onProgress })).toContainEqual(
      expect.objectContaining({ target: 'login_attempts', status: 'stopped' }),
    );
  });

  it('tells so of targets that a brake or a missing column refuses, and of one whose table went away', async () => {
    const braked = await maintenanceApp(database.url, { options: { cleanup: { maxRowsPerTarget: 10 } } });
    await braked.maintenance.cleanup({ only: ['otp_codes'] });
    await database.query('alter table otp_codes rename to mislaid_codes');
    await database.query('alter table magic_link_tokens rename expires_at to mislaid_at');
    try {
      const ends = await endsOf(braked, {});
      expect(ends.map(({ target, status, reason }) => [target, status, reason])).toEqual(
        expect.arrayContaining([
          ['magic_link_tokens', 'failed', 'COLUMN_MISSING'],
          ['otp_codes', 'failed', 'TABLE_VANISHED'],
          ['login_attempts', 'failed', 'BRAKE_MAX_ROWS'],
        ]),
      );
    } finally {
      await database.query('alter table mislaid_codes rename to otp_codes');
      await database.query('alter table magic_link_tokens rename mislaid_at to expires_at');
      await braked.close();
    }
  });

  it('gives its progress, which only grows and ends at 1', async () => {
    const steps: CleanupProgress[] = [];
    await app.maintenance.cleanup({ only: ['login_attempts'], onProgress: (step) => steps.push(step) });
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.map(({ fraction }) => fraction)).toEqual(steps.map(({ fraction }) => fraction).sort((a, b) => a - b));
    expect(steps.at(-1)).toMatchObject({ target: 'login_attempts', rows: 20_000, fraction: 1, remainingMs: 0 });
  });

  it('is not harmed by a listener that throws', async () => {
    const onProgress = (): never => {
      throw new Error('listener');
    };
    expect(await app.maintenance.cleanup({ onProgress })).toMatchObject({ status: 'succeeded', rows: 20_001 });
  });

  it('stops between two batches when its signal says so, keeps what is done, and says what is left', async () => {
    const controller = new AbortController();
    const report = await app.maintenance.cleanup({
      only: ['blacklisted_tokens', 'login_attempts', 'audit_logs'],
      signal: controller.signal,
      onProgress: ({ target }) => target === 'login_attempts' && controller.abort(),
    });
    expect(report.status).toBe('stopped');
    expect(report.targets.map(({ status }) => status)).toEqual(['succeeded', 'stopped', 'stopped']);
    expect(report.targets[1]).toMatchObject({ batches: 1 });
    expect(report.targets[2]).toMatchObject({ skipReason: 'stopped', rows: 0 });
    const left = await database.query('select 1 from login_attempts');
    expect(left).toHaveLength(20_000 - (report.targets[1]?.rows ?? 0));
    expect(left.length).toBeGreaterThan(0);
  });

  it('touches nothing when its signal has fired before', async () => {
    const report = await app.maintenance.cleanup({ signal: AbortSignal.abort() });
    expect(report).toMatchObject({ status: 'stopped', rows: 0 });
    expect(await database.query('select 1 from blacklisted_tokens')).toHaveLength(1);
  });

  it('leaves no setting and no transaction behind on its connections', async () => {
    await app.maintenance.cleanup();
    const { DataSource } = await import('typeorm');
    const runner = app.moduleRef.get(DataSource).createQueryRunner();
    const [settings] =
      await runner.query(`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as
      statement, current_setting('enable_seqscan') as seqscan, pg_current_xact_id_if_assigned() as transaction`);
    await runner.release();
    expect(settings).toEqual({ lock: '0', statement: '0', seqscan: 'on', transaction: null });
    expect(
      await database.query(
        `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      ),
    ).toEqual([]);
  });
});
