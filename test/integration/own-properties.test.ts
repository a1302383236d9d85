import { beforeAll, describe, expect, it } from '@jest/globals';
import { AgentHeartbeatService, CleanupService, TenxyteMaintenanceHealthIndicator } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { POLLUTION } from '../support/host-objects.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { onObjectPrototype } from '../support/on-object-prototype.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { type TestDatabase, useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const OPTIONS = {
  totp: { keys: [NEW, OLD] },
  cleanup: { maxRowsPerTarget: 2 },
  schedule: { dependencyScan: false },
} as const;
const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const SILENT = { heartbeat_required_every: 60, last_heartbeat_at: '2020-01-01T00:00:00Z' };

/** What differs from run to run. */
const FLEETING = /^(id|runId|owner|.*Ms|.*Seconds)$/;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

describe('with every option and request on Object.prototype', () => {
  const clean = useTestDatabase();
  const polluted = useTestDatabase();

  beforeAll(async () => {
    await seed(clean);
    await seed(polluted);
  });

  it('everything is done as without them', async () => {
    const expected = await doEverything(clean, {});
    expect(await doEverything(polluted, POLLUTION)).toEqual(expected);
    expect(expected).toMatchObject({
      dryRun: { dryRun: true, status: 'succeeded' },
      cleanup: { dryRun: false, status: 'partial', rows: 4 },
      rotation: { mode: 'rolling', rotated: 1, leftPlaintext: 1 },
      heartbeats: { suspended: 1 },
      rows: { audit_logs: 1, login_attempts: 1, otp_codes: 3, refresh_tokens: 1, webauthn_challenges: 1 },
    });
  });

  async function doEverything(database: TestDatabase, pollution: Readonly<Record<string, unknown>>): Promise<unknown> {
    const app = await maintenanceApp(database.url, { options: OPTIONS });
    try {
      const done = await onObjectPrototype(pollution, () => everythingOf(app), false);
      const rows = await rowsOf(database);
      const outcome = { ...done, rows, recorded: await recordedRuns(database), forced: await forced(database) };
      return withoutFleeting(outcome);
    } finally {
      await app.close();
    }
  }
});

function withoutFleeting(outcome: object): unknown {
  const text = JSON.stringify(outcome, (key, value: unknown) => (FLEETING.test(key) ? typeof value : value));
  return JSON.parse(text.replaceAll(INSTANT, 'an instant'));
}

async function everythingOf({ maintenance, moduleRef }: MaintenanceApp): Promise<object> {
  const exactly = await maintenance.backlog({ exact: true });
  const backlog = await maintenance.backlog();
  const dryRun = await maintenance.cleanup({ dryRun: true });
  const overdue = await maintenance.checkAgentHeartbeats({ dryRun: true });
  const cleanup = await maintenance.cleanup();
  const rotationToBe = await maintenance.rotateTotpKeys({ dryRun: true });
  const rotation = await maintenance.rotateTotpKeys();
  const heartbeats = await maintenance.checkAgentHeartbeats();
  const scan = await maintenance.scanDependencies();
  await moduleRef.get(CleanupService).onTick();
  await moduleRef.get(AgentHeartbeatService).onTick();
  const status = await maintenance.status();
  const history = await maintenance.history();
  const health = await moduleRef.get(TenxyteMaintenanceHealthIndicator).isHealthy();
  return {
    exactly,
    backlog,
    dryRun,
    overdue,
    cleanup,
    rotationToBe,
    rotation,
    heartbeats,
    scan,
    status,
    history,
    health,
  };
}

/** A row to delete and one to keep for what a shorter retention, a broken brake, another target or another mode would change. */
async function seed(database: TestDatabase): Promise<void> {
  const daysAgo = (days: number): { created_at: string } => ({
    created_at: new Date(Date.now() - days * 86_400_000).toISOString(),
  });
  await insertReferences(database);
  await insertRows(database, 'audit_logs', [daysAgo(400), daysAgo(30)]);
  await insertRows(database, 'login_attempts', [daysAgo(100), daysAgo(30)]);
  await insertRows(database, 'refresh_tokens', [EXPIRED, {}]);
  await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
  await insertRows(database, 'otp_codes', [EXPIRED, EXPIRED, EXPIRED]);
  await insertRows(database, 'webauthn_challenges', [EXPIRED]);
  await insertRows(database, 'agent_tokens', [
    { id: 101, ...SILENT },
    { id: 102, ...EXPIRED },
  ]);
  await database.query('update users set totp_secret = $1 where id = 1', [secretOf(1)]);
  const other = `jsonb_build_object('id', 2, 'totp_secret', $1::text)`;
  await database.query(`insert into users select (jsonb_populate_record(users, ${other})).* from users`, [
    tokenOf(OLD, secretOf(2)),
  ]);
}

async function rowsOf(database: TestDatabase): Promise<Record<string, number>> {
  const tables = ['audit_logs', 'login_attempts', 'otp_codes', 'refresh_tokens', 'webauthn_challenges'];
  const counts = await Promise.all(
    tables.map(async (table) => {
      const [row] = await database.query<{ count: string }>(`select count(*) from ${table}`);
      return [table, Number(row?.count)] as const;
    }),
  );
  return Object.fromEntries(counts);
}

async function forced(database: TestDatabase): Promise<number> {
  return (await database.query('select id from tenxyte_maintenance.runs where force')).length;
}
