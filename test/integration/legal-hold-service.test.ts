import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { LegalHoldService } from '../../src/index.js';
import { findSubjectTables } from '../../src/holds/resolve-holds.js';
import { HoldsTable } from '../../src/holds/holds-table.js';
import { MaintenanceEvents } from '../../src/telemetry/maintenance-events.js';
import { insertHeldWorld, insertOwnedRows, ownersLeft } from '../support/held-world.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };
const RELEASE = { reason: 'settled', releasedBy: 'another' };
const USERS = {
  sqlName: 'users',
  tableName: 'users',
  column: (name: string) => name,
  sqlColumn: (name: string) => name,
};
const NONE = '00000000-0000-4000-8000-000000000000';
let app: MaintenanceApp;
let holds: LegalHoldService;
let emitted: { name: string; payload: object }[] = [];
const lines: string[] = [];

beforeAll(async () => {
  await insertHeldWorld(database);
  app = await maintenanceApp(database.url, {
    logger: { log: (line: string) => lines.push(line), warn: () => undefined, error: () => undefined },
    configure: (builder) =>
      builder.overrideProvider(MaintenanceEvents).useValue({
        emit: (name: string, payload: object) => emitted.push({ name, payload }),
      }),
  });
  holds = app.moduleRef.get(LegalHoldService);
});
afterAll(async () => {
  await app.close();
});
beforeEach(() => {
  emitted = [];
  lines.length = 0;
});
afterEach(async () => {
  const triggers = ['hold_barrier', 'hold_terms', 'hold_history'];
  await database.query(`
    alter table tenxyte_maintenance.holds disable trigger user;
    delete from tenxyte_maintenance.holds;
    alter table tenxyte_maintenance.holds ${triggers.map((name) => `enable always trigger ${name}`).join(', ')}`);
});

describe('a placement', () => {
  it.each<[string, object, string]>([
    ['an unknown target', { target: 'users', userId: 1 }, 'target is "users", accepted is one of'],
    ['an unknown dimension', { tenantId: 1 }, 'tenantId'],
    ['no reason', { reason: '', userId: 1 }, 'reason is ""'],
    ['a blank case', { caseRef: ' ', userId: 1 }, 'caseRef'],
    ['nobody who places it', { placedBy: undefined, userId: 1 }, 'placedBy'],
    ['nothing that it names', {}, 'nothing that the hold names'],
    ['everything beside something', { everything: true, userId: 1 }, 'everything is true beside userId'],
    ['an id with a blank', { userId: '1 2' }, 'userId is "1 2"'],
    ['a broken id', { userId: 1.5 }, 'userId is 1.5'],
    ['no identifier', { identifiers: [] }, 'identifiers'],
    ['an identifier that says nothing', { identifiers: [' '] }, 'identifiers'],
    ['a time that is none', { createdFrom: new Date('x') }, 'createdFrom'],
    [
      'a time that ends before it begins',
      { createdFrom: new Date('2026-01-02'), createdTo: new Date('2026-01-01') },
      'createdTo is 2026-01-01T00:00:00.000Z, accepted is a time after createdFrom',
    ],
  ])('with %s is refused in one sentence, and nothing is placed', async (_what, request, sentence) => {
    const call = holds.place({ ...WHO, ...request });
    await expect(call).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(call).rejects.toThrow(sentence);
    expect(await holds.list()).toEqual([]);
  });

  it('is told of with who and why, and without whom it holds', async () => {
    const { id } = await holds.place({ ...WHO, identifiers: ['ann@example.com'], target: 'audit_logs' });
    const told = { holdId: id, caseRef: 'CASE-1', target: 'audit_logs', actor: 'counsel', reason: 'a lawsuit' };
    expect(emitted).toEqual([{ name: 'tenxyte-maintenance.hold.placed', payload: told }]);
    expect(lines.filter((line) => line.startsWith('Legal'))).toEqual([
      `Legal hold ${id} (CASE-1) placed by counsel on audit_logs: a lawsuit`,
    ]);
    expect(JSON.stringify([emitted, lines])).not.toContain('ann@');
  });

  it('says what it comes to, and what it holds whole', async () => {
    const { id } = await holds.place({ ...WHO, organizationId: 7 });
    const shown = await holds.show(id.slice(0, 8));
    expect(shown).toMatchObject({
      id,
      status: 'active',
      subjects: { users: 1, identifiers: 5, agentTokens: 1, applications: 0, organizations: 1 },
      heldWhole: ['maintenance_runs'],
      events: [{ event: 'placed', actor: 'counsel', reason: 'a lawsuit' }],
    });
  });
});

describe('a release', () => {
  it('takes a reason, is final, and ends the hold after its cool-down', async () => {
    const owned = await insertOwnedRows(database, 'otp_codes');
    const { id } = await holds.place({ ...WHO, userId: 1, target: 'otp_codes' });
    await expect(holds.release(id, { reason: '', releasedBy: 'x' })).rejects.toThrow('reason is ""');
    const released = await holds.release(id, RELEASE);
    expect(released).toMatchObject({ status: 'cooling-down', releasedBy: 'another', releaseReason: 'settled' });
    expect(Date.parse(released.effectiveReleaseAt ?? '') - Date.parse(released.releasedAt ?? '')).toBe(7 * 86_400_000);
    await expect(holds.release(id, RELEASE)).rejects.toMatchObject({ code: 'HOLD_RELEASED', retryable: false });
    await app.maintenance.cleanup({ only: ['otp_codes'] });
    expect(await ownersLeft(database, 'otp_codes', owned)).toEqual(['ann', 'ann later']);
    expect(emitted.map(({ name }) => name).filter((name) => name.includes('.hold.'))).toEqual([
      'tenxyte-maintenance.hold.placed',
      'tenxyte-maintenance.hold.released',
    ]);
  });

  it.each([NONE, NONE.slice(0, 8)])('of a hold that there is not is refused: %s', async (id) => {
    await expect(holds.release(id, RELEASE)).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
    await expect(holds.show(id)).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
  });

  it.each(['', 'zzzzzzzz', '1234567', `${NONE}0`])('of what is no id is refused: "%s"', async (id) => {
    await expect(holds.release(id, RELEASE)).rejects.toThrow('accepted is the id of a hold');
  });

  it('of one of several whose ids begin alike takes more of it', async () => {
    for (const end of ['1', '2']) {
      await database.query(
        `insert into tenxyte_maintenance.holds (id, case_ref, reason, placed_by, user_id) values ($1, 'C', 'r', 'p', '1')`,
        [`aaaaaaaa-0000-4000-8000-00000000000${end}`],
      );
    }
    await expect(holds.release('aaaaaaaa', RELEASE)).rejects.toMatchObject({ code: 'HOLD_AMBIGUOUS' });
    expect(await holds.list()).toMatchObject([{ status: 'active' }, { status: 'active' }]);
  });
});

describe('a look-up that takes too long', () => {
  const timedOut = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('places nothing, and says what takes less', async () => {
    const table = app.moduleRef.get(HoldsTable);
    const place = table.place.bind(table);
    jest.spyOn(table, 'place').mockImplementation(async (...call) => {
      await place(...call);
      throw timedOut;
    });
    await expect(holds.place({ ...WHO, identifiers: ['ann'] })).rejects.toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      message: expect.stringMatching(/Name users by their ids rather than by identifiers.* Nothing was changed/),
    });
    expect(await holds.list()).toEqual([]);
  });

  it('ends a run before anything is deleted', async () => {
    await holds.place({ ...WHO, identifiers: ['ann'] });
    const owned = await insertOwnedRows(database, 'otp_codes');
    jest.spyOn(app.moduleRef.get(HoldsTable), 'resolve').mockRejectedValue(timedOut);
    const report = await app.maintenance.cleanup({ only: ['otp_codes'] }).catch((error: unknown) => error);
    expect(JSON.stringify(report)).toContain('STATEMENT_TIMEOUT');
    expect((await ownersLeft(database, 'otp_codes', owned)).length).toBe(owned.size);
  });
});

describe('what plain SQL may not do', () => {
  it.each<[string, string]>([
    ['change whom a hold holds', `update tenxyte_maintenance.holds set user_id = '2'`],
    ['change in what it holds', `update tenxyte_maintenance.holds set shape = 'identifiers'`],
    [
      'write a history',
      `insert into tenxyte_maintenance.hold_events (hold_id, event, database_user, at) select id, 'released', 'x', now() from tenxyte_maintenance.holds`,
    ],
    [
      'have one written of a table of its own',
      `create temp table forged (like tenxyte_maintenance.holds including defaults);
       create trigger forge after insert on forged for each row execute function tenxyte_maintenance.hold_history();
       insert into forged (case_ref, reason, placed_by) values ('C', 'r', 'The CEO')`,
    ],
    [
      'place one on a text of any length',
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, identifiers) values ('C', 'r', 'p', array[repeat('x', 501)])`,
    ],
    ['change its target', `update tenxyte_maintenance.holds set target = 'otp_codes'`],
    ['change its identifiers', `update tenxyte_maintenance.holds set identifiers = '{}'`],
    ['change why', `update tenxyte_maintenance.holds set reason = 'x'`],
    ['delete one in force', 'delete from tenxyte_maintenance.holds'],
    ['truncate those in force', 'truncate tenxyte_maintenance.holds cascade'],
    ['delete what it came to', 'delete from tenxyte_maintenance.hold_subjects'],
    ['change what it came to', `update tenxyte_maintenance.hold_subjects set value = '9'`],
    ['truncate what it came to', 'truncate tenxyte_maintenance.hold_subjects'],
    ['change its history', `update tenxyte_maintenance.hold_events set actor = 'x'`],
    ['delete its history', 'delete from tenxyte_maintenance.hold_events'],
    ['truncate its history', 'truncate tenxyte_maintenance.hold_events'],
    [
      'release it without a reason',
      `update tenxyte_maintenance.holds set released_by = 'x', released_at = now(), effective_release_at = now()`,
    ],
    ['do so as a replica', `set session_replication_role = replica; delete from tenxyte_maintenance.holds`],
    [
      'place one that is released',
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, released_by, released_at, release_reason, effective_release_at)
      values ('C', 'r', 'p', 'p', now(), 'r', now())`,
    ],
    ...['{}', '{null}', '{ann, " "}'].map((identifiers): [string, string] => [
      `place one on the identifiers ${identifiers}`,
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, identifiers) values ('C', 'r', 'p', '${identifiers}')`,
    ]),
    [
      'place one without a reason',
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by) values ('C', ' ', 'p')`,
    ],
  ])('%s', async (_what, statement) => {
    const { id } = await holds.place({ ...WHO, userId: 1, identifiers: ['ann'] });
    const before = await holds.show(id);
    const client = await database.connect();
    await expect(client.query(statement)).rejects.toMatchObject({ code: /^(P0001|23514)$/ });
    await client.end();
    expect(await holds.show(id)).toEqual(before);
  });

  it('end a hold in the past, or take a release back', async () => {
    const { id } = await holds.place({ ...WHO, userId: 1 });
    await database.query(`update tenxyte_maintenance.holds set released_by = 'x', release_reason = 'r',
      released_at = '2001-01-01', effective_release_at = '2001-01-02'`);
    const { releasedAt, events } = await holds.show(id);
    expect(Date.parse(releasedAt ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(events.map(({ event }) => event)).toEqual(['placed', 'released']);
    await expect(
      database.query(`update tenxyte_maintenance.holds set released_by = null, release_reason = null, released_at = null,
        effective_release_at = null`),
    ).rejects.toThrow('is released, which is final');
  });
});

describe('whom a hold comes to', () => {
  it('is looked up again at each run, and what was found once stays', async () => {
    const { id } = await holds.place({ ...WHO, organizationId: 7 });
    await database.query('update organization_memberships set user_id = 1 where organization_id = 7');
    const attempts = await insertOwnedRows(database, 'login_attempts');
    const codes = await insertOwnedRows(database, 'otp_codes');
    await app.maintenance.cleanup({ only: ['login_attempts', 'otp_codes'] });
    await database.query('update organization_memberships set user_id = 2 where organization_id = 7');
    expect(await ownersLeft(database, 'login_attempts', attempts)).toEqual(['ann', 'ann later', 'bob']);
    expect(await ownersLeft(database, 'otp_codes', codes)).toEqual(['ann', 'ann later', 'bob']);
    expect((await holds.show(id)).subjects?.users).toBe(2);
  });

  it('is said of no hold that plain SQL places while others are looked up', async () => {
    const table = app.moduleRef.get(HoldsTable);
    const dataSource = app.moduleRef.get(DataSource);
    const queryRunner = dataSource.createQueryRunner();
    await holds.place({ ...WHO, userId: 1 });
    const query = queryRunner.query.bind(queryRunner) as (...parameters: unknown[]) => Promise<unknown>;
    let isPlaced = false;
    const slow = new Proxy(queryRunner, {
      get: (target, name) =>
        name !== 'query'
          ? (Reflect.get(target, name) as unknown)
          : async (...parameters: unknown[]) => {
              const answer = await query(...parameters);
              if (!isPlaced && String(parameters[0]).includes('insert into')) {
                isPlaced = true;
                await database.query(
                  `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, user_id) values ('C', 'r', 'p', '2')`,
                );
              }
              return answer;
            },
    });
    await queryRunner.startTransaction();
    await table.resolve(slow);
    await queryRunner.commitTransaction();
    await queryRunner.release();
    const subjects = (await holds.list()).map((hold) => [hold.userId, hold.subjects?.users ?? null]);
    expect(isPlaced).toBe(true);
    expect(subjects).toEqual([
      ['2', null],
      ['1', 1],
    ]);
  });

  it('keeps an address that the user has given up', async () => {
    await holds.place({ ...WHO, userId: 1 });
    await database.query(`update users set email = 'deleted_1@deleted.local', username = null where id = 1`);
    const owned = await insertOwnedRows(database, 'login_attempts');
    await app.maintenance.cleanup({ only: ['login_attempts'] });
    await database.query(`update users set email = 'ann@example.com', username = 'ann' where id = 1`);
    expect(await ownersLeft(database, 'login_attempts', owned)).toEqual(['ann', 'ann later']);
  });

  it.each(['04711', ' 1', 'x'])('is every row where the id cannot be one of a user: "%s"', async (id) => {
    const owned = await insertOwnedRows(database, 'login_attempts');
    await database.query(
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, user_id) values ('C', 'r', 'p', $1)`,
      [id],
    );
    const report = await app.maintenance.cleanup({ only: ['login_attempts'] });
    expect(report.targets[0]).toMatchObject({ status: 'skipped', skipReason: 'held', heldRows: owned.size });
  });

  it('cannot be told where row level security hides users from the role', async () => {
    const role = `hidden_${database.name}`;
    await database.query(`create role ${role}; grant all on all tables in schema public, tenxyte_maintenance to ${role};
      grant usage on schema public, tenxyte_maintenance to ${role}; alter table users enable row level security`);
    const queryRunner = app.moduleRef.get(DataSource).createQueryRunner();
    try {
      await queryRunner.query(`set role ${role}`);
      const tables = findSubjectTables(queryRunner, () => USERS, ['user']);
      await expect(tables).rejects.toMatchObject({ code: 'ROW_SECURITY' });
    } finally {
      await queryRunner.query('reset role');
      await queryRunner.release();
      await database.query(`alter table users disable row level security; drop owned by ${role}; drop role ${role}`);
    }
  });

  it('is every row of a target whose ids are of another kind', async () => {
    await insertOwnedRows(database, 'otp_codes');
    await holds.place({ ...WHO, userId: 'e3b0c442-98fc-4c14-9afb-f4c8996fb924', target: 'otp_codes' });
    const report = await app.maintenance.cleanup({ only: ['otp_codes'] });
    expect(report.targets[0]).toMatchObject({ status: 'skipped', skipReason: 'held', heldRows: 3 });
  });
});

describe('what holds a row', () => {
  it('is told by the properties of the row', async () => {
    const user = await holds.place({ ...WHO, userId: 1 });
    const both = await holds.place({ ...WHO, applicationId: 2, createdTo: new Date('2026-01-01') });
    const idsOf = async (row: Parameters<LegalHoldService['explain']>[0]): Promise<string[]> =>
      (await holds.explain(row)).map(({ id }) => id).sort();
    expect(await idsOf({ target: 'audit_logs', userId: 1 })).toEqual([user.id]);
    expect(await idsOf({ target: 'audit_logs', agentTokenId: '1' })).toEqual([user.id]);
    expect(await idsOf({ target: 'login_attempts', identifier: 'ANN' })).toEqual([user.id]);
    const old = { applicationId: 2, createdAt: new Date('2025-01-01') };
    expect(await idsOf({ target: 'audit_logs', userId: 1, ...old })).toEqual([user.id, both.id].sort());
    expect(await idsOf({ target: 'audit_logs', applicationId: 2, createdAt: new Date('2026-02-01') })).toEqual([]);
    expect(await idsOf({ target: 'otp_codes', userId: 2 })).toEqual([both.id]);
    await expect(idsOf({ target: 'nothing' })).rejects.toThrow('target is "nothing"');
  });
});

describe('status, backlog and doctor', () => {
  it('tell of the holds', async () => {
    await insertOwnedRows(database, 'audit_logs');
    const { id } = await holds.place({ ...WHO, userId: 1, reviewAt: new Date('2026-01-01') });
    await holds.release((await holds.place({ ...WHO, userId: 2, target: 'otp_codes' })).id, RELEASE);
    expect((await app.maintenance.status()).holds).toEqual({ inForce: 2, coolingDown: 1, pastReview: 1 });
    const { holdsInForce, targets } = await app.maintenance.backlog();
    expect(holdsInForce).toBe(2);
    expect(targets.find(({ name }) => name === 'audit_logs')?.dueRows).toBe(2);
    const checks = (await app.maintenance.doctor()).checks.filter(({ name }) => name === 'holds');
    expect(checks.map(({ level, subject, message }) => [level, subject, message])).toEqual([
      ['ok', undefined, expect.stringMatching(/^2 legal holds in force; a batch looks up as many as 2 users \(/)],
      ['advice', undefined, expect.stringContaining(`the hold ${id} (CASE-1) was to be reviewed by 2026-01-01`)],
      ['advice', 'maintenance_runs', expect.stringContaining(`held whole by ${id}`)],
    ]);
  });

  it('tell of one on a target that there is none of', async () => {
    await database.query(
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, target) values ('C', 'r', 'p', 'audit_log')`,
    );
    const { checks } = await app.maintenance.doctor();
    expect(checks.filter(({ name, level }) => name === 'holds' && level === 'problem')).toMatchObject([
      { message: 'it is a hold on the target audit_log, which there is none of: it holds nothing' },
    ]);
  });
});
