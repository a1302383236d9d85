import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LegalHoldService } from '../../src/index.js';
import { placeBesideCleanup, seedUsers } from '../support/holds-beside-cleanup.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };
const database = useTestDatabase();
let app: MaintenanceApp;
let holds: LegalHoldService;

beforeAll(async () => {
  await insertReferences(database);
  await seedUsers(database, 40);
  app = await maintenanceApp(database.url, {
    options: {
      holds: { coolDownDays: 0 },
      cleanup: { lockTimeoutMs: 100, statementTimeoutMs: 2_000, targetBatchMs: 2 },
    },
  });
  holds = app.moduleRef.get(LegalHoldService);
});
afterAll(async () => {
  await app.close();
});
beforeEach(async () => {
  await database.query('truncate audit_logs');
});
afterEach(async () => {
  for (const { id } of await holds.list()) {
    await holds.release(id, { reason: 'the test is over', releasedBy: 'counsel' });
  }
});

/** Rows of audit logs that are due, `each` of every one of some users, in turn. */
async function fill(users: number, each: number): Promise<void> {
  await database.query(`
    insert into audit_logs (action, user_agent, details, created_at, user_id)
    select 'login', repeat('x', 300), '{}', '2001-01-01', 1 + n % ${users} from generate_series(0, ${users * each - 1}) as n`);
}

async function rowsOf(user: number): Promise<number> {
  const [answer] = await database.query<{ count: string }>('select count(*) from audit_logs where user_id = $1', [
    user,
  ]);
  return Number(answer?.count);
}

describe('a hold that is placed beside a cleanup over two connections', () => {
  it.each(['the service', 'plain SQL'])('is in force once %s has placed it', async (way) => {
    await fill(40, 500);
    const outcome = await placeBesideCleanup({ database, app, holds, users: 40, plainSql: way === 'plain SQL' });
    expect(outcome).toMatchObject({ lost: [], status: 'succeeded' });
    expect(outcome.placed).toBeGreaterThan(0);
    expect(outcome.heldRows).toBeGreaterThan(0);
  });
});

describe('a hold that is placed in mid-run', () => {
  const PATHS: readonly (readonly [string, string, string])[] = [
    ['page by page', '', ''],
    [
      'where a trigger is attached',
      `create function noted() returns trigger language plpgsql as $$ begin return null; end $$;
       create trigger noted after delete on audit_logs for each row execute function noted()`,
      'drop function noted() cascade',
    ],
    [
      'where a rule rewrites the statement',
      `create table gone (id bigint); create rule noted as on delete to audit_logs do also insert into gone values (old.id)`,
      'drop rule noted on audit_logs; drop table gone',
    ],
  ];

  it.each(PATHS)('is kept to %s', async (_path, prepare, undo) => {
    await fill(2, 20_000);
    await database.query(prepare);
    let atPlacement = -1;
    const cleaning = await maintenanceApp(database.url, {
      options: { cleanup: { targetBatchMs: 1, maxConnections: 1, acknowledge: ['public.noted'] } },
    });
    try {
      let placing: Promise<unknown> | undefined;
      const report = await cleaning.maintenance.cleanup({
        only: ['audit_logs'],
        onProgress: ({ status }) => {
          placing ??=
            status === null
              ? holds.place({ ...WHO, userId: 1 }).then(async () => (atPlacement = await rowsOf(1)))
              : undefined;
        },
      });
      await placing;
      expect(report.status).toBe('succeeded');
      expect(atPlacement).toBeGreaterThan(0);
      expect([await rowsOf(1), await rowsOf(2)]).toEqual([atPlacement, 0]);
    } finally {
      await cleaning.close();
      await database.query(undo);
    }
  });

  it('holds the rest of a target whole when it names nothing', async () => {
    await fill(2, 20_000);
    let left = -1;
    let placing: Promise<unknown> | undefined;
    const report = await app.maintenance.cleanup({
      only: ['audit_logs'],
      onProgress: () => {
        placing ??= holds
          .place({ ...WHO, everything: true })
          .then(async () => (left = (await rowsOf(1)) + (await rowsOf(2))));
      },
    });
    await placing;
    expect((await rowsOf(1)) + (await rowsOf(2))).toBe(left);
    expect(report.targets[0]).toMatchObject({ status: 'succeeded', rows: 40_000 - left, heldRows: left });
    expect(report.targets[0]?.heldWhole).toHaveLength(1);
  });
});

describe('a transaction on the holds that stays open', () => {
  it('keeps every batch from deleting, and is named', async () => {
    await fill(2, 100);
    const other = await database.connect();
    await other.query('begin');
    await other.query(
      `insert into tenxyte_maintenance.holds (case_ref, reason, user_id, placed_by) values ('C', 'r', '1', 'clerk')`,
    );
    const {
      rows: [backend],
    } = await other.query<{ pid: number; name: string }>('select pg_backend_pid() as pid, session_user as name');
    const refused = await app.maintenance.cleanup({ only: ['audit_logs'] });
    await other.query('commit');
    const after = await app.maintenance.cleanup({ only: ['audit_logs'] });
    await other.end();

    expect(refused).toMatchObject({
      status: 'failed',
      rows: 0,
      targets: [{ error: { code: 'HOLD_IN_PROGRESS', retryable: true } }],
    });
    expect(refused.targets[0]?.error?.message).toContain(`pid ${backend?.pid} (user ${backend?.name})`);
    expect(after).toMatchObject({ rows: 100, targets: [{ heldRows: 100 }] });
  });

  it('keeps a placement waiting no longer than the slowest batch may take, and is named', async () => {
    const other = await database.connect();
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock_shared($1)', [await barrierKey()]);
    const {
      rows: [backend],
    } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
    await expect(holds.place({ ...WHO, userId: 1 })).rejects.toMatchObject({
      code: 'HOLD_NOT_PLACED',
      blockers: [{ pid: backend?.pid }],
    });
    await other.query('rollback');
    expect(await holds.list()).toEqual([]);
  });

  /** As the trigger takes it. */
  async function barrierKey(): Promise<string> {
    const [answer] = await database.query<{ key: string }>(
      `select (regexp_match(prosrc, 'pg_advisory_xact_lock\\((-?\\d+)\\)'))[1] as key from pg_proc where proname = 'hold_barrier'`,
    );
    return answer?.key ?? '';
  }
});

describe('a key that deletes rows of another target along', () => {
  it('is not taken for foreseen when a hold on the other one is placed in mid-run', async () => {
    await database.query(
      `alter table audit_logs add refresh_token_id bigint references refresh_tokens on delete cascade;
      create index on audit_logs (refresh_token_id)`,
    );
    const cleaning = await maintenanceApp(database.url, {
      options: { cleanup: { acknowledge: ['public.audit_logs_refresh_token_id_fkey'], targetBatchMs: 1 } },
    });
    try {
      await database.query(`insert into refresh_tokens
        (id, token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
        select n, n::text, repeat('x', 250), false, '2001-01-01', now(), now(), 1, 3 from generate_series(1, 10000) as n`);
      await database.query(`insert into audit_logs (action, user_agent, details, created_at, user_id, refresh_token_id)
        select 'login', '', '{}', now(), 1, n from generate_series(1, 10000) as n`);
      await holds.place({ ...WHO, userId: 2, target: 'refresh_tokens' });
      let atPlacement = -1;
      let placing: Promise<unknown> | undefined;
      await cleaning.maintenance.cleanup({
        only: ['refresh_tokens'],
        onProgress: ({ status }) => {
          placing ??=
            status === null
              ? holds
                  .place({ ...WHO, userId: 1, target: 'audit_logs' })
                  .then(async () => (atPlacement = await rowsOf(1)))
              : undefined;
        },
      });
      await placing;
      expect(atPlacement).toBeGreaterThan(0);
      expect(await rowsOf(1)).toBe(atPlacement);
    } finally {
      await cleaning.close();
      await database.query('alter table audit_logs drop refresh_token_id; truncate refresh_tokens');
    }
  });

  it('holds the target whole while a hold is on the other one', async () => {
    await database.query(
      `alter table audit_logs add refresh_token_id bigint references refresh_tokens on delete cascade`,
    );
    const cleaning = await maintenanceApp(database.url, {
      options: { cleanup: { acknowledge: ['public.audit_logs_refresh_token_id_fkey'] } },
    });
    try {
      await database.query(`insert into refresh_tokens
        (id, token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
        values (1, 'a', '', false, '2001-01-01', now(), now(), 1, 2)`);
      await database.query(`insert into audit_logs (action, user_agent, details, created_at, user_id, refresh_token_id)
        values ('login', '', '{}', now(), 1, 1)`);
      await holds.place({ ...WHO, userId: 1, target: 'audit_logs' });
      const report = await cleaning.maintenance.cleanup({ only: ['refresh_tokens'] });
      expect(report.targets[0]).toMatchObject({ status: 'skipped', skipReason: 'held', rows: 0, heldRows: 1 });
      expect(await rowsOf(1)).toBe(1);
    } finally {
      await cleaning.close();
      await database.query('alter table audit_logs drop refresh_token_id; truncate refresh_tokens');
    }
  });
});
