import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorCheck } from '../../src/index.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

describe('the doctor about what a host has attached to its tables', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(async () => {
    await database.query('create schema app');
    await database.query(`create function app.act() returns trigger language plpgsql as 'begin return old; end'`);
    await database.query('create trigger archive after delete on audit_logs for each row execute function app.act()');
    await database.query('create trigger keep before delete on audit_logs for each row execute function app.act()');
    await database.query('create trigger known before delete on audit_logs for each row execute function app.act()');
    await database.query('create trigger off before delete on audit_logs for each row execute function app.act()');
    await database.query('alter table audit_logs disable trigger off');
    await database.query('create rule softly as on delete to magic_link_tokens do instead nothing');
    await database.query('create table app.sessions (token bigint constraint refers references refresh_tokens)');
    await database.query(`create table app.devices (id int primary key,
      token bigint constraint follows references refresh_tokens on delete cascade)`);
    await database.query('create index on app.devices (token)');
    await database.query(
      'create table app.pushes (device int constraint forgets references app.devices on delete set null)',
    );
    await database.query('create trigger told after update on agent_tokens for each row execute function app.act()');
    app = await maintenanceApp(database.url, {
      options: { cleanup: { acknowledge: ['public.known', 'app.follows'] } },
    });
  });
  afterAll(() => app.close());

  const findings = async (subject: string): Promise<readonly DoctorCheck[]> => {
    const { checks } = await app.maintenance.doctor();
    return checks.filter((check) => check.subject === subject && (check.name === 'attached' || check.name === 'owner'));
  };

  it('tells triggers that run after the fact from those that may keep rows, and passes over disabled ones', async () => {
    expect(await findings('audit_logs')).toEqual([
      {
        name: 'attached',
        level: 'ok',
        subject: 'audit_logs',
        message: 'the trigger public.archive runs after each deletion, within its time-outs',
      },
      {
        name: 'attached',
        level: 'advice',
        subject: 'audit_logs',
        message: 'the trigger public.keep runs before each row is deleted, and may keep it',
        whatToDo: `nothing when it keeps none; otherwise list it in the option cleanup.acknowledge: ['public.keep']`,
      },
      {
        name: 'attached',
        level: 'ok',
        subject: 'audit_logs',
        message: 'the trigger public.known runs before each row is deleted, and may keep it',
      },
    ]);
  });

  it('takes a rule that nobody acknowledged for a problem', async () => {
    expect(await findings('magic_link_tokens')).toMatchObject([
      {
        level: 'problem',
        message: expect.stringContaining('the rule public.softly puts other statements in place of this one'),
        whatToDo: expect.stringContaining(`cleanup.acknowledge: ['public.softly']`),
      },
    ]);
  });

  it('lists keys at any depth, and those that have no index', async () => {
    const found = await findings('refresh_tokens');
    expect(found.map(({ level, message }) => [level, message])).toEqual([
      [
        'ok',
        'the foreign key app.follows deletes rows of app.devices along with those of "public"."refresh_tokens" that they refer to',
      ],
      [
        'problem',
        'the foreign key app.forgets empties columns of app.pushes that refer to deleted rows of "app"."devices": every run is refused',
      ],
      [
        'advice',
        'the foreign key app.refers keeps the rows that app.sessions refers to; app.sessions has no index on the columns that refer, so each deleted row reads all of it',
      ],
    ]);
  });

  it('lists what the suspension of an agent sets off', async () => {
    expect(await findings('agent_tokens')).toMatchObject([
      { level: 'ok', message: 'the trigger public.told runs after each suspension, within its time-outs' },
    ]);
  });

  describe('that somebody else planted', () => {
    const planted = async (work: (limited: MaintenanceApp) => Promise<void>): Promise<void> => {
      const stranger = `stranger_${database.name.slice(-8)}`;
      await database.query(`create role ${stranger}`);
      await database.query(`grant all on all tables in schema public to ${role.name}`);
      await database.query(`alter table otp_codes owner to ${stranger}`);
      const limited = await maintenanceApp(role.url);
      try {
        await work(limited);
      } finally {
        await limited.close();
        await database.query(`reassign owned by ${stranger} to current_user`);
        await database.query(`drop owned by ${stranger}`);
        await database.query(`drop role ${stranger}`);
      }
    };

    it('is a problem, and the target is refused, until it is acknowledged', async () => {
      await planted(async (limited) => {
        const { checks } = await limited.maintenance.doctor();
        expect(checks.filter(({ name }) => name === 'owner')).toMatchObject([
          { subject: 'otp_codes', level: 'problem' },
        ]);
        const { status, targets } = await limited.maintenance.cleanup({ only: ['otp_codes', 'login_attempts'] });
        expect(status).toBe('partial');
        expect(targets).toMatchObject([{ error: { code: 'UNEXPECTED_OWNER' } }, { status: 'succeeded' }]);
        const acknowledging = await maintenanceApp(role.url, {
          options: { cleanup: { acknowledge: ['public.otp_codes'] } },
        });
        const allowed = await acknowledging.maintenance.cleanup({ only: ['otp_codes'] });
        await acknowledging.close();
        expect(allowed).toMatchObject({ status: 'succeeded' });
      });
    });
  });
});
