import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];

/** What a trigger of the host's may depend on. */
const SETTINGS = [
  'DateStyle',
  'enable_bitmapscan',
  'enable_hashjoin',
  'enable_indexscan',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_seqscan',
  'search_path',
  'synchronous_commit',
  'TimeZone',
];
/** As a host may set its role up, in SQL, and its connections. */
const OF_ROLE = { timezone: "'Asia/Kolkata'", search_path: 'public, host', synchronous_commit: 'local' };
const OF_CONNECTION = '-c enable_nestloop=off -c enable_mergejoin=off -c datestyle=German';
const VALUES = `(select jsonb_object_agg(name, current_setting(name)) from unnest('{${SETTINGS.join(',')}}'::text[]) as name)`;

describe("a host's trigger", () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let ofSession: unknown;

  beforeAll(async () => {
    await database.query(`create schema host`);
    await database.query(`create table host.seen (setting jsonb)`);
    await database.query(`
      create function host.note_settings() returns trigger language plpgsql as $$
      begin
        insert into host.seen values (${VALUES});
        return null;
      end $$`);
    for (const on of ['delete on audit_logs', 'update on agent_tokens', 'update on users']) {
      await database.query(
        `create trigger note_settings after ${on} for each row execute function host.note_settings()`,
      );
    }
    for (const [name, value] of Object.entries(OF_ROLE)) {
      await database.query(`alter role current_user in database ${database.name} set ${name} = ${value}`);
    }
    const url = new URL(database.url);
    url.searchParams.set('options', OF_CONNECTION);
    app = await maintenanceApp(url.href, { runAt: RUN_AT, options: { totp: { keys: [NEW, OLD] } } });
    [{ ofSession }] = await app.moduleRef.get(DataSource).query(`select ${VALUES} as "ofSession"`);
  });
  afterAll(() => app.close());
  afterEach(() => database.query('truncate host.seen, audit_logs, agent_tokens, users cascade'));

  /** What the rows' triggers ran under, each once. */
  const seen = async (): Promise<unknown[]> =>
    (await database.query<{ setting: unknown }>('select distinct setting from host.seen')).map(
      ({ setting }) => setting,
    );
  /** One audit log an hour, the newest at the run's own time. */
  const insertAuditLogs = async (): Promise<void> => {
    await database.query(`
      insert into audit_logs (action, user_agent, details, created_at)
      select 'login', repeat('x', 60), '{}', timestamptz '${RUN_AT}' - n * interval '1 hour'
      from generate_series(0, 19999) as n`);
    await database.query('vacuum analyze audit_logs');
  };

  it('is set up with values of the role and of the connection', () => {
    expect(ofSession).toMatchObject({
      DateStyle: 'German, DMY',
      TimeZone: 'Asia/Kolkata',
      enable_nestloop: 'off',
      enable_seqscan: 'on',
      search_path: 'public, host',
      synchronous_commit: 'local',
    });
  });

  it.each([
    ['age-index', 830],
    ['heap-walk', 700],
  ] as const)('runs under the values of its session in a cleanup (%s)', async (strategy, auditLogDays) => {
    await insertAuditLogs();
    const report = await app.maintenance.cleanup({ only: ['audit_logs'], auditLogDays });
    expect(report).toMatchObject({ status: 'succeeded', targets: [{ strategy }] });
    expect(await seen()).toEqual([ofSession]);
  });

  it.each([
    ['age-index', 830],
    ['heap-walk', 700],
  ] as const)(
    'runs under the values of its session in a cleanup that skips a held row (%s)',
    async (strategy, auditLogDays) => {
      await insertAuditLogs();
      const holder = await database.connect();
      await holder.query('begin');
      await holder.query('select 1 from audit_logs order by created_at limit 1 for update');
      const report = await app.maintenance.cleanup({ only: ['audit_logs'], auditLogDays });
      await holder.query('rollback');
      expect(report).toMatchObject({ status: 'succeeded', targets: [{ strategy, lockedRows: 1 }] });
      expect(await seen()).toEqual([ofSession]);
    },
  );

  it('runs under the values of its session when agents are suspended', async () => {
    await insertReferences(database);
    await insertRows(database, 'agent_tokens', [
      { id: 2, heartbeat_required_every: 60, last_heartbeat_at: 'infinity' },
      { id: 3, heartbeat_required_every: 60, last_heartbeat_at: '2020-01-01T00:00:00Z' },
    ]);
    expect(await app.maintenance.checkAgentHeartbeats()).toMatchObject({ status: 'succeeded', suspended: 1 });
    expect(await seen()).toEqual([ofSession]);
  });

  it.each(['rolling', 'atomic'] as const)(
    'runs under the values of its session when TOTP secrets are re-encrypted (%s)',
    async (mode) => {
      await insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]);
      expect(await app.maintenance.rotateTotpKeys({ mode })).toMatchObject({ status: 'succeeded', rotated: 1 });
      expect(await seen()).toEqual([ofSession]);
    },
  );
});
