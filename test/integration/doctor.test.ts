import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorCheck, DoctorReport } from '../../src/index.js';
import { DoctorService } from '../../src/index.js';
import { errorMessage } from '../../src/errors/error-message.js';
import { DEFAULT_DOCTOR_THRESHOLDS, DOCTOR_THRESHOLDS } from '../../src/doctor/doctor-thresholds.js';
import { untilBlocked } from '../support/blocked-session.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

/** An application that leaves every task to others. */
const MANUAL = { schedule: { cleanup: false, agentHeartbeat: false } } as const;

const findingsOf = ({ checks }: DoctorReport): DoctorCheck[] => checks.filter(({ level }) => level !== 'ok');

describe('the doctor', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(async () => {
    await database.query(`grant select, update, delete on all tables in schema public to ${role.name}`);
    app = await maintenanceApp(role.url, { options: MANUAL });
  });
  afterAll(() => app.close());

  /** Examines the database with something changed, and undoes the change. */
  async function findingsWith(change: string, undo: string): Promise<DoctorCheck[]> {
    await database.query(change);
    try {
      const report = await app.maintenance.doctor();
      const findings = findingsOf(report);
      expect(report.problems).toBe(findings.filter(({ level }) => level === 'problem').length);
      return findings;
    } finally {
      await database.query(undo);
    }
  }

  it('finds a healthy database in order, table by table, and says so without the password', async () => {
    const report = await app.maintenance.doctor();
    expect(report).toMatchObject({ task: 'doctor', status: 'succeeded', problems: 0 });
    expect(findingsOf(report)).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toEqual([
      'connection',
      'clock',
      ...Array<string>(11).fill('table'),
      'runs-schema',
      'holds',
      'policy',
      ...Array<string>(4).fill('schedule'),
      'replicas',
      'totp-keys',
      'retention',
    ]);
    expect(JSON.stringify(report)).not.toContain(role.password);
  });

  it('changes nothing', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const readOnly = await maintenanceApp(url.href, { options: { migrations: 'manual' } });
    const { checks, problems } = await readOnly.maintenance.doctor();
    await readOnly.close();
    expect(checks.filter(({ level }) => level === 'problem')).toMatchObject([{ name: 'writable' }]);
    expect(problems).toBe(1);
  });

  it('takes a time without zone for a problem and gives the statement that cures it', async () => {
    const findings = await findingsWith(
      'alter table login_attempts alter column created_at type timestamp',
      'select 1',
    );
    expect(findings).toEqual([
      {
        name: 'columns',
        level: 'problem',
        subject: 'login_attempts',
        message:
          'column created_at is timestamp without time zone, timestamp with time zone is needed to judge it safely',
        whatToDo: expect.stringMatching(/^when the stored times are UTC: alter table /),
      },
    ]);
    const statement = findings[0]?.whatToDo?.replace(/^[^:]*: /, '') ?? '';
    expect(await findingsWith(statement, 'select 1')).toEqual([]);
  });

  it('takes a flag that is no boolean for a problem and gives the statement that cures it', async () => {
    const [finding] = await findingsWith('alter table otp_codes alter column is_used type text', 'select 1');
    expect(finding).toMatchObject({
      name: 'columns',
      subject: 'otp_codes',
      message: expect.stringContaining('is text'),
    });
    expect(await findingsWith(finding?.whatToDo ?? '', 'select 1')).toEqual([]);
  });

  it('takes a missing column for a problem', async () => {
    const findings = await findingsWith(
      'alter table refresh_tokens rename column is_revoked to revoked',
      'alter table refresh_tokens rename column revoked to is_revoked',
    );
    expect(findings).toMatchObject([
      {
        name: 'columns',
        level: 'problem',
        subject: 'refresh_tokens',
        message: expect.stringContaining('no column is_revoked'),
      },
    ]);
  });

  it.each(['select', 'update', 'delete'])(
    'takes a missing privilege to %s for a problem and gives the grant that cures it',
    async (privilege) => {
      const findings = await findingsWith(`revoke ${privilege} on audit_logs from ${role.name}`, 'select 1');
      expect(findings).toEqual([
        {
          name: 'privileges',
          level: 'problem',
          subject: 'audit_logs',
          message: `role "${role.name}" lacks ${privilege} on "public"."audit_logs"`,
          whatToDo: `grant ${privilege} on "public"."audit_logs" to "${role.name}";`,
        },
      ]);
      expect(await findingsWith(findings[0]?.whatToDo ?? '', 'select 1')).toEqual([]);
    },
  );

  it('is content with update on one column, which is all that locking a row needs', async () => {
    const findings = await findingsWith(
      `revoke update on audit_logs from ${role.name}; grant update (id) on audit_logs to ${role.name}`,
      `grant update on audit_logs to ${role.name}`,
    );
    expect(findings).toEqual([]);
  });

  it.each([
    ['ctid, created_at', []],
    ['ctid, id', ['lacks select on "public"."audit_logs"']],
    ['created_at', ['lacks select on "public"."audit_logs"']],
  ])('asks for select on the columns that a run reads, and no others: with (%s)', async (columns, complaints) => {
    const findings = await findingsWith(
      `revoke select on audit_logs from ${role.name}; grant select (${columns}) on audit_logs to ${role.name}`,
      `revoke select (${columns}) on audit_logs from ${role.name}; grant select on audit_logs to ${role.name}`,
    );
    expect(findings.map(({ message }) => message)).toEqual(
      complaints.map((complaint) => `role "${role.name}" ${complaint}`),
    );
  });

  it('looks at the privileges on each partition, which runs go to directly', async () => {
    const findings = await findingsWith(
      `alter table login_attempts rename to whole;
       create table login_attempts (like whole) partition by range (created_at);
       create table login_attempts_old partition of login_attempts for values from (minvalue) to ('2020-01-01');
       create table login_attempts_new partition of login_attempts for values from ('2020-01-01') to (maxvalue);
       grant select, update, delete on login_attempts, login_attempts_new to ${role.name}`,
      'drop table login_attempts; alter table whole rename to login_attempts',
    );
    expect(findings.map(({ whatToDo }) => whatToDo)).toEqual([
      `grant select, update, delete on "public"."login_attempts_old" to "${role.name}";`,
    ]);
  });

  it('says of how many partitions it found a table in order', async () => {
    await database.query(
      `alter table login_attempts rename to whole;
       create table login_attempts (like whole) partition by range (created_at);
       create table login_attempts_old partition of login_attempts for values from (minvalue) to ('2020-01-01');
       create table login_attempts_new partition of login_attempts for values from ('2020-01-01') to (maxvalue);
       grant select, update, delete on login_attempts, login_attempts_old, login_attempts_new to ${role.name}`,
    );
    const { checks } = await app.maintenance.doctor();
    await database.query('drop table login_attempts; alter table whole rename to login_attempts');
    const messages = checks.filter(({ name, subject }) => name === 'table' && subject === 'login_attempts');
    expect(messages).toMatchObject([{ level: 'ok', message: expect.stringMatching(/ in all 2 of its partitions$/) }]);
  });

  it('takes row level security for a problem, as it hides rows without a word', async () => {
    const findings = await findingsWith(
      'alter table magic_link_tokens enable row level security',
      'alter table magic_link_tokens disable row level security',
    );
    expect(findings).toMatchObject([
      {
        name: 'row-security',
        level: 'problem',
        subject: 'magic_link_tokens',
        whatToDo: expect.stringContaining('bypassrls'),
      },
    ]);
  });

  it('takes a view in place of a table for a problem', async () => {
    const findings = await findingsWith(
      `alter table otp_codes rename to otp_codes_behind;
       create view otp_codes as select * from otp_codes_behind`,
      'drop view otp_codes; alter table otp_codes_behind rename to otp_codes',
    );
    expect(findings).toMatchObject([
      {
        name: 'table',
        level: 'problem',
        subject: 'otp_codes',
        message: expect.stringContaining('"public"."otp_codes" is a view'),
      },
    ]);
  });

  it('advises about a missing table, as its feature may be missing', async () => {
    const findings = await findingsWith(
      'alter table webauthn_challenges rename to elsewhere',
      'alter table elsewhere rename to webauthn_challenges',
    );
    expect(findings).toMatchObject([
      {
        name: 'table',
        level: 'advice',
        subject: 'webauthn_challenges',
        message: expect.stringContaining('there is no table'),
      },
    ]);
  });

  it('takes a database without any of the tables for one problem', async () => {
    const findings = await findingsWith(
      'alter schema public rename to elsewhere',
      'alter schema elsewhere rename to public',
    );
    expect(findings).toMatchObject([
      {
        name: 'tables',
        level: 'problem',
        message: expect.stringContaining(`"${database.name}"`),
        whatToDo: expect.any(String),
      },
    ]);
  });

  it('takes a table that somebody locks for a problem, and examines the others', async () => {
    const holder = await database.connect();
    await holder.query('begin; lock table audit_logs in access exclusive mode');
    const findings = findingsOf(await app.maintenance.doctor());
    await holder.query('rollback');
    expect(findings).toMatchObject([
      { name: 'table', level: 'problem', subject: 'audit_logs', whatToDo: expect.stringContaining('pg_locks') },
    ]);
  });

  it('takes transactions that are read-only by default for a problem', async () => {
    await database.query(`alter role ${role.name} set default_transaction_read_only = on`);
    const readOnly = await maintenanceApp(role.url, { options: MANUAL });
    const findings = findingsOf(await readOnly.maintenance.doctor());
    await readOnly.close();
    await database.query(`alter role ${role.name} reset default_transaction_read_only`);
    expect(findings).toMatchObject([{ name: 'writable', level: 'problem' }]);
  });

  it('is a service of its own', async () => {
    expect(await app.moduleRef.get(DoctorService, { strict: false }).examine()).toMatchObject({ problems: 0 });
  });

  describe('with every heap that has a page taken for large', () => {
    let strict: MaintenanceApp;

    beforeAll(async () => {
      await insertReferences(database);
      await insertRows(database, 'login_attempts', [{}]);
      await insertRows(database, 'audit_logs', [{}]);
      await insertRows(database, 'otp_codes', [{}]);
      strict = await maintenanceApp(role.url, {
        options: MANUAL,
        configure: (builder) =>
          builder.overrideProvider(DOCTOR_THRESHOLDS).useValue({ ...DEFAULT_DOCTOR_THRESHOLDS, largeHeapBytes: 1 }),
      });
    });
    afterAll(() => strict.close());

    it('advises an index where a single age decides and none is there', async () => {
      const findings = findingsOf(await strict.maintenance.doctor());
      expect(findings).toMatchObject([
        {
          name: 'age-index',
          level: 'advice',
          subject: 'login_attempts',
          whatToDo: 'if runs take too long: create index concurrently on "public"."login_attempts" ("created_at");',
        },
      ]);
    });

    it.each([
      ['partial', 'create index extra on login_attempts (created_at) where success'],
      ['on another column first', 'create index extra on login_attempts (identifier, created_at)'],
      ['no B-tree', 'create index extra on login_attempts using brin (created_at)'],
    ])('is not content with an index that is %s', async (_, index) => {
      await database.query(index);
      const findings = findingsOf(await strict.maintenance.doctor());
      await database.query('drop index extra');
      expect(findings).toHaveLength(1);
    });

    it('is content once the advised index is there', async () => {
      const [finding] = findingsOf(await strict.maintenance.doctor());
      await database.query(finding?.whatToDo?.replace(/^[^:]*: /, '') ?? '');
      const findings = findingsOf(await strict.maintenance.doctor());
      await database.query('drop index login_attempts_created_at_idx');
      expect(findings).toEqual([]);
    });
  });

  it('throws when the connection is lost, as it then knows nothing', async () => {
    const doomed = await maintenanceApp(role.url, { typeOrm: { applicationName: 'doomed' } as object });
    const holder = await database.connect();
    await holder.query('begin; lock table audit_logs in access exclusive mode');
    const outcome = doomed.maintenance.doctor().then(() => 'a report', errorMessage);
    await untilBlocked(database, 'doomed');
    await database.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`);
    expect(await outcome).toMatch(/terminat/);
    await holder.query('rollback');
    await doomed.close();
  });
});

describe('the doctor of a table in another schema', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);

  it('says which usage to grant', async () => {
    await database.query(`
      create schema hidden;
      alter table audit_logs set schema hidden;
      grant select, update, delete on all tables in schema public to ${role.name}`);
    const app = await maintenanceApp(role.url, { typeOrm: { schema: 'hidden' } as object });
    const report = await app.maintenance.doctor();
    await app.close();
    expect(report.checks).toContainEqual({
      name: 'table',
      level: 'problem',
      subject: 'audit_logs',
      message: '"hidden"."audit_logs" could not be examined: permission denied for schema hidden',
      whatToDo: `grant usage on schema "hidden" to "${role.name}";`,
    });
  });
});
