import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  CleanupRequest,
  CleanupTargetName,
  TenxyteMaintenanceOptions,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { CLEANUP_TARGET_NAMES, LegalHoldService, OPT_IN_TARGET_NAMES } from '../../src/index.js';
import { RUN_ENVIRONMENT } from '../../src/contract/run-environment.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { advisories, useAdvisoryServer } from '../support/advisory-server.js';
import { inSql } from '../support/documented-grants.js';
import type { GrantedRole } from '../support/granted-role.js';
import { useGrantedRoles } from '../support/granted-role.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import type { Row } from '../support/rows.js';
import { insertReferences, insertRows, tableOfTarget } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useScannedProjects } from '../support/scanned-project.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers } from '../support/totp-users.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const LONG_AGO = '2020-01-01T00:00:00Z';
const RUN_ID = '7f6c2c0e-9f0b-4d6e-8a51-0c8a52b1d6a7';
const DUE_ROW: Row = { expires_at: LONG_AGO };
const DUE_ROWS: Readonly<Record<string, Row>> = {
  login_attempts: { created_at: LONG_AGO },
  audit_logs: { created_at: LONG_AGO },
  agent_pending_actions: { expires_at: LONG_AGO, created_at: LONG_AGO },
  'tenxyte_maintenance.runs': { finished_at: LONG_AGO },
};
const DUE_TABLES = CLEANUP_TARGET_NAMES.map(tableOfTarget);
/** Somebody holds a row of each table: no longer than needs be is waited for it, time after time. */
const IMPATIENT: TenxyteMaintenanceOptions = { cleanup: { lockTimeoutMs: 10 } };

/** What is run as a role, and the blocks of the page that it is to need. */
interface GrantedWork {
  readonly name: string;
  readonly blocks: readonly string[];
  readonly options?: TenxyteMaintenanceOptions;
  readonly isCommandLine?: boolean;
  /** Makes sure there is something to do. */
  readonly prepare: () => Promise<void>;
  /** True when all of it was done. */
  readonly run: (maintenance: TenxyteMaintenanceService, holds: LegalHoldService) => Promise<boolean>;
}

describe('the privileges on the page on security', () => {
  const database = useTestDatabase();
  const roleOf = useGrantedRoles(database);
  const server = useAdvisoryServer();
  const { project } = useScannedProjects();
  const registryBefore = process.env['npm_config_registry'];

  beforeAll(async () => {
    process.env['npm_config_registry'] = server.url;
    await (await maintenanceApp(database.url)).close();
    await database.query('revoke all on schema public from public');
  });
  afterAll(() => {
    if (registryBefore === undefined) {
      delete process.env['npm_config_registry'];
    } else {
      process.env['npm_config_registry'] = registryBefore;
    }
  });
  beforeEach(async () => {
    server.answerWith(advisories({}));
    await database.query(`truncate users, applications, agent_tokens, ${DUE_TABLES.join(', ')} cascade`);
    await insertReferences(database);
  });

  /** One due row to delete in each table, and one that somebody else holds. */
  const insertDueRows = async (): Promise<void> => {
    for (const table of DUE_TABLES) {
      const due = DUE_ROWS[table] ?? DUE_ROW;
      await insertRows(database, table, [due, due]);
    }
  };
  const cleanUp = async (maintenance: TenxyteMaintenanceService, request: CleanupRequest = {}): Promise<boolean> => {
    const holder = await database.connect();
    await holder.query('begin');
    const tables =
      request.only?.map((target) => tableOfTarget(target as CleanupTargetName)) ??
      (OPT_IN_TARGET_NAMES.some((name) => request.include?.includes(name))
        ? DUE_TABLES
        : DUE_TABLES.filter((table) => !(OPT_IN_TARGET_NAMES as readonly string[]).includes(table)));
    for (const table of tables) {
      await holder.query(`select from ${table} order by id desc limit 1 for update`);
    }
    try {
      const { status, rows, targets } = await maintenance.cleanup(request);
      return status === 'succeeded' && rows === tables.length && targets.every(({ lockedRows }) => lockedRows === 1);
    } finally {
      await holder.end();
    }
  };

  /** Past the triggers that keep a hold in force from going. */
  const forgetHolds = async (): Promise<void> => {
    const triggers = ['hold_barrier', 'hold_terms', 'hold_history'];
    await database.query(`
      alter table tenxyte_maintenance.holds disable trigger user;
      delete from tenxyte_maintenance.holds;
      alter table tenxyte_maintenance.holds ${triggers.map((name) => `enable always trigger ${name}`).join(', ')}`);
  };

  const WORK: readonly GrantedWork[] = [
    {
      name: 'the cleanup',
      blocks: ['record', 'cleanup'],
      prepare: insertDueRows,
      run: (maintenance) => cleanUp(maintenance),
    },
    {
      name: 'the cleanup with its opt-in targets',
      blocks: ['record', 'cleanup', 'cleanup-opt-in'],
      prepare: insertDueRows,
      run: (maintenance) => cleanUp(maintenance, { include: OPT_IN_TARGET_NAMES }),
    },
    {
      name: 'the cleanup by columns',
      blocks: ['record', 'cleanup-by-column'],
      options: { retention: { revokedRefreshTokenGraceDays: 1 } },
      prepare: insertDueRows,
      run: (maintenance) => cleanUp(maintenance),
    },
    ...['cleanup', 'cleanup-by-column'].map((block): GrantedWork => ({
      name: `the cleanup while holds are in force, with the block ${block}`,
      blocks: ['record', block, 'hold-subjects', ...(block === 'cleanup' ? [] : ['cleanup-by-column-held'])],
      options: { retention: { revokedRefreshTokenGraceDays: 1 } },
      prepare: async () => {
        await forgetHolds();
        await database.query(`
          insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, user_id, identifiers, application_id, organization_id, created_to)
          values ('C', 'r', 'p', '77', null, null, null, null), ('C', 'r', 'p', null, '{nobody}', null, null, null),
                 ('C', 'r', 'p', null, null, null, '77', null), ('C', 'r', 'p', '77', null, null, null, '1999-01-01')`);
        for (const target of ['magic_link_tokens', 'refresh_tokens', 'login_attempts', 'audit_logs']) {
          await database.query(
            `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, application_id, target) values ('C', 'r', 'p', '77', $1)`,
            [target],
          );
        }
        await insertDueRows();
      },
      run: async (maintenance) => {
        const targets = [
          'blacklisted_tokens',
          'magic_link_tokens',
          'otp_codes',
          'refresh_tokens',
          'login_attempts',
          'audit_logs',
        ] as const;
        const isClean = await cleanUp(maintenance, { only: targets });
        await forgetHolds();
        return isClean;
      },
    })),
    {
      name: 'placing and releasing holds',
      blocks: ['holds', 'hold-subjects'],
      options: { holds: { coolDownDays: 0 } },
      isCommandLine: true,
      prepare: async () => undefined,
      run: async (_, holds) => {
        const who = { caseRef: 'C', reason: 'r', placedBy: 'p' };
        const first = await holds.place({ ...who, identifiers: ['nobody'] });
        await holds.release(first.id, { reason: 'r', releasedBy: 'p' });
        const second = await holds.place({ ...who, userId: 1 });
        const third = await holds.place({ ...who, organizationId: 1 });
        const { events } = await holds.show(second.id);
        await holds.release(second.id, { reason: 'r', releasedBy: 'p' });
        await holds.release(third.id, { reason: 'r', releasedBy: 'p' });
        return events.length === 1;
      },
    },
    {
      name: 'the agent heartbeats',
      blocks: ['record', 'agent-heartbeat'],
      prepare: async () => {
        await insertRows(database, 'agent_tokens', [{ id: 2, heartbeat_required_every: 1, created_at: LONG_AGO }]);
      },
      run: async (maintenance) => {
        const { status, suspended } = await maintenance.checkAgentHeartbeats();
        return status === 'succeeded' && suspended === 1;
      },
    },
    {
      name: 'the rotation of TOTP keys',
      blocks: ['record', 'totp-key-rotation'],
      options: { totp: { keys: [NEW, OLD] } },
      prepare: () => insertUsers(database, [{ id: '1', kind: 'old', stored: tokenOf(OLD, secretOf(1)) }]),
      run: async (maintenance) => {
        const { status, rotated } = await maintenance.rotateTotpKeys();
        return status === 'succeeded' && rotated === 1;
      },
    },
    {
      name: 'the dependency scan',
      blocks: ['record', 'dependency-scan'],
      prepare: async () => undefined,
      run: async (maintenance) => (await maintenance.scanDependencies({ cwd: project() })).verdict === 'clean',
    },
    {
      name: 'status and history on the command line',
      blocks: ['status'],
      isCommandLine: true,
      prepare: async () => {
        await insertRuns(database, [{ started_at: LONG_AGO, report: { rows: 1 } }]);
      },
      run: async (maintenance) => {
        const { isRecorded } = await maintenance.status();
        return isRecorded && (await maintenance.history()).length === 1;
      },
    },
    {
      name: 'cancelling, pausing and resuming',
      blocks: ['control'],
      isCommandLine: true,
      prepare: async () => {
        await database.query('truncate tenxyte_maintenance.pauses');
        const fields = { status: 'running', lease_expires_at: '2999-01-01T00:00:00Z' };
        await insertRuns(database, [{ id: RUN_ID, started_at: LONG_AGO, ...fields }]);
      },
      run: async (maintenance) => {
        await maintenance.pause('cleanup', { reason: 'r' });
        await maintenance.resume('cleanup');
        await maintenance.pause('cleanup', { reason: 'r' });
        await maintenance.resume('cleanup');
        return (await maintenance.cancel(RUN_ID)).runId === RUN_ID;
      },
    },
    {
      name: 'the backlog',
      blocks: ['record', 'backlog'],
      prepare: insertDueRows,
      run: async (maintenance) => (await maintenance.backlog()).targets.every(({ dueRows }) => dueRows === 2),
    },
    ...['cleanup', 'cleanup-by-column'].map((block): GrantedWork => ({
      name: `the doctor, with the block ${block}`,
      blocks: ['record', block, 'cleanup-opt-in', 'agent-heartbeat'],
      options: { schedule: { cleanup: false, agentHeartbeat: false } },
      prepare: async () => undefined,
      run: async (maintenance) => (await maintenance.doctor()).checks.every(({ level }) => level === 'ok'),
    })),
  ];

  /** Runs something as a role; false when it fails or is refused. */
  const isDone = async ({ url }: GrantedRole, { options, isCommandLine, run }: GrantedWork): Promise<boolean> => {
    const configure = { provide: RUN_ENVIRONMENT, value: isCommandLine === true ? 'command-line' : 'application' };
    const app = await maintenanceApp(url, {
      options: { ...IMPATIENT, ...options },
      configure: (builder) => builder.overrideProvider(configure.provide).useValue(configure.value),
    });
    try {
      return await run(app.maintenance, app.moduleRef.get(LegalHoldService));
    } finally {
      await app.close();
    }
  };

  it.each(WORK)('are enough for $name', async (work) => {
    await work.prepare();
    expect(await isDone(await roleOf(work.blocks), work)).toBe(true);
  });

  it.each(WORK)('are all needed for $name', async (work) => {
    const role = await roleOf(work.blocks);
    const idle: string[] = [];
    for (const grant of role.grants) {
      await database.query(`truncate agent_tokens, ${DUE_TABLES.join(', ')} cascade`);
      await insertRows(database, 'agent_tokens', [{ id: 1 }]);
      await work.prepare();
      if (await role.without(grant, () => isDone(role, work).catch(() => false))) {
        idle.push(inSql(grant));
      }
    }
    expect(idle).toEqual([]);
  });

  it.each([
    ['record', 'drop table tenxyte_maintenance.runs'],
    ['record', 'create table tenxyte_maintenance.mine (id int)'],
    ['record', 'delete from tenxyte_maintenance.versions'],
    ['cleanup', 'select from users'],
    ['cleanup', 'select from agent_tokens'],
    ['cleanup', `update otp_codes set code = '123456'`],
    ['cleanup', 'insert into blacklisted_tokens default values'],
    ['cleanup', 'truncate audit_logs'],
    ['cleanup', 'delete from webauthn_challenges'],
    ['cleanup', 'create table public.mine (id int)'],
    ['cleanup-by-column', 'select code from otp_codes'],
    ['cleanup-by-column', 'select token from refresh_tokens'],
    ['cleanup-by-column', 'select ip_address from audit_logs'],
    ['agent-heartbeat', 'select token from agent_tokens'],
    ['agent-heartbeat', `update agent_tokens set expires_at = 'infinity'`],
    ['agent-heartbeat', 'delete from agent_tokens'],
    ['totp-key-rotation', 'select password from users'],
    ['totp-key-rotation', 'select email from users'],
    ['totp-key-rotation', `update users set password = ''`],
    ['totp-key-rotation', 'delete from users'],
    ['record', `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by) values ('C', 'r', 'p')`],
    ['record', 'update tenxyte_maintenance.holds set released_at = now()'],
    ['record', 'delete from tenxyte_maintenance.holds'],
    ['record', 'truncate tenxyte_maintenance.hold_subjects'],
    ['holds', 'delete from tenxyte_maintenance.holds'],
    ['holds', `update tenxyte_maintenance.holds set user_id = '2'`],
    ['holds', 'delete from tenxyte_maintenance.hold_events'],
    [
      'holds',
      `create temp table forged (id int); create trigger forge after insert on forged for each row execute function tenxyte_maintenance.hold_history()`,
    ],
    [
      'holds',
      `insert into tenxyte_maintenance.hold_events (hold_id, event, database_user, at) values (gen_random_uuid(), 'placed', 'x', now())`,
    ],
    ['holds', 'delete from public.audit_logs'],
    ['hold-subjects', 'select password from users'],
    ['record', 'delete from tenxyte_maintenance.pauses'],
    ['record', 'insert into tenxyte_maintenance.pauses default values'],
    ['control', `update tenxyte_maintenance.runs set status = 'lost'`],
    ['control', 'delete from tenxyte_maintenance.pauses'],
    ['status', 'delete from tenxyte_maintenance.runs'],
    ['status', 'select from tenxyte_maintenance.totp_keys'],
    ['backlog', 'delete from otp_codes'],
  ])('of %s do not allow "%s"', async (block, statement) => {
    const client = await database.connect((await roleOf([block])).url);
    await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
