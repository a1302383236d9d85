import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { gateBeforeDeleting } from '../support/gate.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const DUE = 60_000;
const LIVE = 1_000;

describe('a run that is killed', () => {
  const database = useTestDatabase();

  beforeAll(async () => {
    await insertReferences(database);
    await database.query(`insert into refresh_tokens
      (token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
      select n::text, repeat('x', 200), false, case when n <= ${DUE} then '2001-01-01' else 'infinity' end::timestamptz, now(), now(), 1, 1
      from generate_series(1, ${DUE + LIVE}) as n`);
  });

  const due = async (): Promise<number> => count(`expires_at < now()`);
  const live = async (): Promise<number> => count(`expires_at > now()`);
  const count = async (condition: string): Promise<number> =>
    Number(
      (await database.query<{ count: string }>(`select count(*) from refresh_tokens where ${condition}`))[0]?.count,
    );

  it('loses nothing live, keeps the batches it committed, and leaves the rest to the next run', async () => {
    const [halfway] = await database.query<{ id: string }>(
      `select id from refresh_tokens where expires_at < now() order by id offset ${DUE / 2} limit 1`,
    );
    const gate = await gateBeforeDeleting(database, 'refresh_tokens', halfway?.id ?? '');
    const child = spawn(process.execPath, ['dist/cli/main.js', 'cleanup', '--only', 'refresh_tokens'], {
      env: { ...process.env, DATABASE_URL: database.url },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const backend = await gate.reached();
    child.kill('SIGKILL');
    expect((await exited)[1]).toBe('SIGKILL');
    await gate.open();
    await eventually(
      async () => (await database.query('select 1 from pg_stat_activity where pid = $1', [backend])).length === 0,
    );
    await gate.remove();

    const left = await due();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(DUE);
    await database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second'`);
    expect(await live()).toBe(LIVE);

    const app = await maintenanceApp(database.url);
    expect(await app.maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({
      status: 'succeeded',
      rows: left,
    });
    await app.close();
    expect([await due(), await live()]).toEqual([0, LIVE]);
  });
});
