import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { DataSource, type QueryRunner } from 'typeorm';
import type { RunClaim } from '../../src/contract/run-record.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { type TenxyteMaintenanceOptions, TenxyteMaintenanceService } from '../../src/index.js';
import { CLEANUP_TARGET_NAMES, OPT_IN_TARGET_NAMES, TenxyteMaintenanceHealthIndicator } from '../../src/index.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import type { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { SchedulesTable } from '../../src/tasks/schedule/schedules-table.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { advisories, useAdvisoryServer } from '../support/advisory-server.js';
import { runCommandLine, useConfigFiles } from '../support/command-line.js';
import { CAUGHT, caughtForGood, plantTwins } from '../support/hostile-schema.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows, type Row, tableOfTarget } from '../support/rows.js';
import { useScannedProjects } from '../support/scanned-project.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';
import { useWireLog } from '../support/wire-log.js';

/** What TypeORM asks every connection by itself, unqualified. docs/security.md names them too. */
const TYPEORM_STATEMENTS = ['SELECT version()', 'SELECT * FROM current_schema()'];
const TYPEORM_NAMES = ['version', 'current_schema'];

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const LONG_AGO = '2020-01-01T00:00:00Z';
const DUE_ROWS: Readonly<Record<string, Row>> = {
  login_attempts: { created_at: LONG_AGO },
  audit_logs: { created_at: LONG_AGO },
  agent_pending_actions: { expires_at: LONG_AGO, created_at: LONG_AGO },
  'tenxyte_maintenance.runs': { finished_at: LONG_AGO },
};
/** What a host may have: a trigger along an index on the age, one along the heap, and a key that keeps a row. */
const HOST = `
  create function host_deletes() returns trigger language plpgsql as 'begin return old; end';
  create function host_updates() returns trigger language plpgsql as 'begin return new; end';
  create trigger host before delete on audit_logs for each row execute function host_deletes();
  create trigger host before delete on magic_link_tokens for each row execute function host_deletes();
  create trigger host before update on users for each row execute function host_updates();
  create table host_notes (code_id bigint references otp_codes (id));`;
const TABLES = CLEANUP_TARGET_NAMES.map(tableOfTarget);
const OPTIONS: TenxyteMaintenanceOptions = {
  totp: { keys: [NEW, OLD] },
  cleanup: { include: OPT_IN_TARGET_NAMES, lockTimeoutMs: 50, maxRowsPerTarget: 100_000 },
  agentHeartbeat: { expireTokens: true, startupGraceSeconds: 0 },
  retention: { revokedRefreshTokenGraceDays: 1 },
};

describe('a schema in the search path in which others may create', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const wire = useWireLog(role.name);
  const server = useAdvisoryServer();
  const configFile = useConfigFiles();
  const { project } = useScannedProjects();
  const registryBefore = process.env['npm_config_registry'];
  let expected: Readonly<Record<string, unknown>>;
  let errorsBefore: ReadonlySet<string>;

  beforeAll(async () => {
    process.env['npm_config_registry'] = server.url;
    server.answerWith(advisories({}));
    await database.query(HOST);
    await database.query(`grant all on all tables in schema public to ${role.name}`);
    await database.query(`grant usage on all sequences in schema public to ${role.name}`);
    await database.query(`grant create on database ${database.name} to ${role.name}`);
    expected = await exercise();
    errorsBefore = new Set(wire.errors.map(({ message }) => message));
    const planted = await plantTwins(database, TYPEORM_NAMES);
    expect(planted).toBeGreaterThan(4_000);
    await database.query(`grant usage on schema evil to ${role.name}`);
  });
  afterAll(() => {
    if (registryBefore === undefined) {
      delete process.env['npm_config_registry'];
    } else {
      process.env['npm_config_registry'] = registryBefore;
    }
  });

  /** The same rows each time, some tables large enough to be sampled and to be walked along an index; one row of each is held. */
  const prepare = async (): Promise<void> => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    await database.query('drop trigger if exists host on users; drop trigger if exists host on agent_tokens');
    const others = TABLES.filter((table) => !table.startsWith('tenxyte_maintenance'));
    await database.query(`truncate users, applications, agent_tokens, ${others.join(', ')} restart identity cascade`);
    await insertReferences(database);
    for (const table of others) {
      const due = DUE_ROWS[table] ?? { expires_at: LONG_AGO };
      await insertRows(database, table, [due, due, {}]);
    }
    await database.query(
      `insert into audit_logs (action, ip_address, user_agent, details, created_at, application_id, user_id)
       select 'login', '10.0.0.1', repeat('x', 500), '{}', now() - n * interval '4 hours', 1, 1
       from generate_series(1, 2250) as n`,
    );
    await database.query(
      `insert into refresh_tokens
         (token, device_info, ip_address, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
       select lpad(n::text, 190, 'x'), repeat('x', 250), '10.0.0.1', n % 3 = 0, now() + (n % 7 - 3) * interval '1 day', now(),
         now() - n * interval '1 hour', 1, 1
       from generate_series(1, 18000) as n`,
    );
    await insertRows(database, 'agent_tokens', [
      { id: 2, agent_id: 'silent', heartbeat_required_every: 1, created_at: LONG_AGO },
      { id: 3, agent_id: 'held', heartbeat_required_every: 1, created_at: LONG_AGO },
      { id: 4, agent_id: 'expired', expires_at: LONG_AGO },
    ]);
    await database.query('insert into host_notes select min(id) from otp_codes');
    await database.query('vacuum (analyze) audit_logs, refresh_tokens');
  };

  /** What is written to a table that others act on goes by other statements. */
  const attachTrigger = (table: string) =>
    database.query(`create trigger host before update on ${table} for each row execute function host_updates()`);

  const prepareUsers = () =>
    insertUsers(
      database,
      [1, 2, 3].map((id) => ({ id: String(id), kind: 'old', stored: tokenOf(OLD, secretOf(id)) })),
    );

  /** Does some work while somebody holds rows. */
  const whileHeld = async <Result>(queries: readonly string[], work: () => Promise<Result>): Promise<Result> => {
    const holder = await database.connect();
    await holder.query('begin');
    for (const query of queries) {
      await holder.query(`${query} for update`);
    }
    try {
      return await work();
    } finally {
      await holder.end();
    }
  };

  const withApp = async <Result>(
    options: TenxyteMaintenanceOptions,
    work: (app: MaintenanceApp) => Promise<Result>,
  ): Promise<Result> => {
    const app = await maintenanceApp(role.url, { options });
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  };

  /** Runs every task and command once, in each of its modes, and answers what they say, without what differs each time. */
  const exercise = async (): Promise<Readonly<Record<string, unknown>>> => {
    await prepare();
    const said: Record<string, unknown> = {};
    const note = async (name: string, work: Promise<unknown>): Promise<void> => {
      said[name] = comparable(await work.catch((error: Error) => `threw ${error.message}`));
    };
    await withApp(OPTIONS, async ({ maintenance, moduleRef }) => {
      const due = ['1', '2'].map((n) => ({ id: `00000000-0000-4000-8000-00000000000${n}`, finished_at: LONG_AGO }));
      await insertRows(database, 'tenxyte_maintenance.runs', due);
      await note('migrate', maintenance.migrate());
      await note('doctor', maintenance.doctor());
      await note('backlog', maintenance.backlog());
      await note('exact backlog', maintenance.backlog({ exact: true }));
      await note('health', moduleRef.get(TenxyteMaintenanceHealthIndicator).isHealthy());
      await note('dry cleanup', maintenance.cleanup({ dryRun: true }));
      const share = { ...OPTIONS, cleanup: { ...OPTIONS.cleanup, maxFractionPerTarget: 0.000_1 } };
      await note(
        'cleanup with a brake on the share',
        withApp(share, (app) => app.maintenance.cleanup()),
      );
      const few = { ...OPTIONS, cleanup: { ...OPTIONS.cleanup, maxRowsPerTarget: 1 } };
      await note(
        'cleanup with a brake on the rows',
        withApp(few, (app) => app.maintenance.cleanup()),
      );
      const rows = TABLES.map((table) => `select from ${table} order by id limit 1`);
      await note(
        'cleanup beside others',
        whileHeld(rows, () => maintenance.cleanup()),
      );
      await note('cleanup', maintenance.cleanup());
      await note('dry heartbeats', maintenance.checkAgentHeartbeats({ dryRun: true }));
      const agent = ['select from agent_tokens where id = 3'];
      await note(
        'heartbeats beside others',
        whileHeld(agent, () => maintenance.checkAgentHeartbeats()),
      );
      await attachTrigger('agent_tokens');
      await note('heartbeats', maintenance.checkAgentHeartbeats());
      await prepareUsers();
      await note('dry rotation', maintenance.rotateTotpKeys({ dryRun: true }));
      const user = ['select from users where id = 2'];
      await note(
        'rotation beside others',
        whileHeld(user, () => maintenance.rotateTotpKeys()),
      );
      await note('rotation', maintenance.rotateTotpKeys());
      await prepareUsers();
      await attachTrigger('users');
      await note('rotation beside triggers', maintenance.rotateTotpKeys());
      await prepareUsers();
      await note('atomic rotation', maintenance.rotateTotpKeys({ mode: 'atomic' }));
      await note('dependency scan', maintenance.scanDependencies({ cwd: project() }));
      await note('claims', claims(moduleRef));
      await note('status', maintenance.status());
      const history = await maintenance.history();
      await note('history', Promise.resolve(history));
      await note('a part of the history', maintenance.history({ task: 'cleanup', status: 'failed', since: '7d' }));
      await note('a run', maintenance.run(history[0]?.runId ?? ''));
      await note('legal holds', holds(maintenance));
    });
    const config = configFile(`export default ${JSON.stringify(OPTIONS)}`);
    for (const args of COMMANDS) {
      await note(
        `tenxyte-maintenance ${args}`,
        runCommandLine([...args.split(' '), '--json', '--config', config], { DATABASE_URL: role.url }),
      );
    }
    return said;
  };

  /** Holds of each kind, and what keeps to them. */
  const holds = async (maintenance: TenxyteMaintenanceService): Promise<unknown> => {
    const who = { caseRef: 'C', reason: 'r', placedBy: 'p' };
    for (const table of ['otp_codes', 'login_attempts', 'audit_logs', 'refresh_tokens']) {
      const due = DUE_ROWS[table] ?? { expires_at: LONG_AGO };
      await insertRows(database, table, [due, due]);
    }
    const scopes = [
      { userId: 1, target: 'otp_codes' },
      { identifiers: ['somebody'], target: 'login_attempts' },
      { applicationId: 1, target: 'refresh_tokens' },
      { organizationId: 7, target: 'audit_logs' },
      { userId: 1, applicationId: 1, createdTo: new Date('2030-01-01'), target: 'audit_logs' },
    ];
    const ids: string[] = [];
    for (const scope of scopes) {
      ids.push((await maintenance.holds.place({ ...who, ...scope })).id);
    }
    const shown = await Promise.all(ids.map((id) => maintenance.holds.show(id)));
    const dry = await maintenance.cleanup({ dryRun: true });
    const run = await maintenance.cleanup();
    const explained = await maintenance.holds.explain({ target: 'otp_codes', userId: 1 });
    await maintenance.holds.release(ids[0] ?? '', { reason: 'r', releasedBy: 'p' });
    return {
      shown: shown.map(({ subjects, heldWhole, events }) => ({ subjects, heldWhole, events: events.length })),
      dry: dry.targets.map(({ name, rows, heldRows }) => [name, rows, heldRows]),
      run: run.targets.map(({ name, rows, heldRows }) => [name, rows, heldRows]),
      explained: explained.length,
      status: (await maintenance.status()).holds,
      doctor: (await maintenance.doctor()).checks.filter(({ name }) => name === 'holds').length,
      backlog: (await maintenance.backlog()).holdsInForce,
    };
  };

  /** What only replicas, slow runs and crashes bring about. */
  const claims = async (moduleRef: TestingModule): Promise<unknown> => {
    const maintenance = moduleRef.get(TenxyteMaintenanceService);
    const [runs, schedules] = [moduleRef.get(RunsTable), moduleRef.get(SchedulesTable)];
    const over = <Answer>(work: (queryRunner: QueryRunner) => Promise<Answer>): Promise<Answer> =>
      withQueryRunner(moduleRef.get(DataSource), work);
    const claim = (wanted: RunClaim): Promise<unknown> => over((queryRunner) => runs.claim(wanted, queryRunner));
    const claimOf = (task: string, slot: Date | null) =>
      ({ runId: randomUUID(), task, slot, trigger: 'cron', owner: 'pod:1:a' }) as const;
    const error = { code: 'ALREADY_RUNNING', retryable: false, message: 'another run goes on' };
    const end = { status: 'succeeded', report: null, error: null, stopReason: null, summary: 'done' } as const;
    const [slot, next] = [new Date('2026-01-01'), new Date('2026-01-02')];
    const first = claimOf('agent-heartbeat', slot);
    const answers: unknown[] = [
      await claim(first),
      await claim({ ...first, runId: randomUUID() }),
      await claim(claimOf('agent-heartbeat', next)),
      await runs.skip(claimOf('agent-heartbeat', next), error),
      await schedules.isMissed('agent-heartbeat', next),
      await maintenance.cancel(first.runId, { actor: 'Ann' }),
      await maintenance.pause('agent-heartbeat', { actor: 'Ann', reason: 'a migration', until: '1h' }),
      await claim(claimOf('agent-heartbeat', next)),
      await maintenance.pause('agent-heartbeat', { reason: 'again' }).catch(({ code }: { code: string }) => code),
      await maintenance.resume('agent-heartbeat', { actor: 'Ann' }),
      await over((queryRunner) => runs.renew(first.runId, queryRunner)),
      await runs.finish(first.runId, end),
      await runs.finish(first.runId, end),
    ];
    const crashed = claimOf('agent-heartbeat', null);
    await claim(crashed);
    await database.query(`update tenxyte_maintenance.runs set lease_expires_at = '-infinity' where id = $1`, [
      crashed.runId,
    ]);
    answers.push(await claim(claimOf('agent-heartbeat', null)));
    answers.push(await schedules.now());
    for (const expression of ['0 3 * * *', '0 3 * * *', '0 4 * * *']) {
      answers.push(await schedules.record('cleanup', { expression, timeZone: 'UTC' } as CronSchedule, 'timer'));
    }
    return answers;
  };

  it.each(['evil, public', 'evil, pg_catalog, public'])(
    'gets hold of nothing of a run with the path %s',
    async (path) => {
      await database.query(`alter role ${role.name} in database ${database.name} set search_path = ${path}`);
      wire.errors.length = 0;
      const said = await exercise();
      expect(wire.errors.filter(({ message }) => !errorsBefore.has(message))).toEqual([]);
      expect(said).toEqual(expected);
      expect(JSON.stringify(said)).not.toContain(CAUGHT);
      expect(await caughtForGood(database)).toEqual([]);
    },
  );

  it('has a lock and a statement time-out for whatever it sends', () => {
    const unbounded = wire.unbounded.filter((sql) => !TYPEORM_STATEMENTS.includes(sql));
    expect([...new Set(unbounded)]).toEqual([]);
  });

  it('meets no statements of TypeORM but those that are known', () => {
    const statements = wire.statements.filter((sql) => sql.startsWith('SELECT') || sql.startsWith('SHOW'));
    expect([...new Set(statements)]).toEqual(TYPEORM_STATEMENTS);
  });
});

const COMMANDS = ['status', 'history', 'doctor', 'migrate', 'cleanup --dry-run', 'check-heartbeats --dry-run'];

/** Times, durations, sizes and names that are new each time, and how many batches it took in that time. */
const VARYING = /(Ms|batches|At|Since|Seconds|SecondsLeft|Bytes|Days|Slot|runId|owner|slot|at|whatToDo)$/;

/** A report without what differs from one run to the next. */
function comparable(report: unknown): unknown {
  const text = JSON.stringify(report, (key: string, value: unknown) => {
    const content = key === 'stdout' && typeof value === 'string' ? JSON.parse(value || 'null') : value;
    return VARYING.test(key) && content !== null ? 'varies' : content;
  });
  return JSON.parse(
    (text ?? 'null')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'uuid')
      .replaceAll(/:\d+:[0-9a-f]{8}\b/g, ':owner')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'instant')
      .replaceAll(/[\d,.]+ (ms (ahead of|behind)|KiB)/g, 'n $1')
      .replaceAll(/\([\d,.]+ ms\)/g, '(n ms)')
      .replaceAll('ms behind', 'ms ahead of'),
  );
}
