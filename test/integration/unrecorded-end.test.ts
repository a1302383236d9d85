import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { runCommandLine } from '../support/command-line.js';
import { failFirstDeletions } from '../support/fault.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { onDatabase } from '../support/on-database.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { FakeRunTime } from '../support/run-time.js';
import { createTenxyteDatabase, dropDatabase } from '../support/tenxyte-database.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };

describe('a run whose end cannot be recorded', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    const first = await maintenanceApp(database.url);
    await first.close();
    await database.query(`
      create function refuse() returns trigger language plpgsql as $$
      begin
        raise exception 'the record is full' using errcode = '53100';
      end $$`);
  });
  beforeEach(async () => {
    await database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens');
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    await database.query(`
      create trigger refuse before update on tenxyte_maintenance.runs for each row
      when (new.status not in ('running', 'lost')) execute function refuse()`);
  });
  afterEach(async () => {
    await database.query('drop trigger refuse on tenxyte_maintenance.runs');
    await app?.close();
    app = undefined;
  });

  it('is partial, and says so', async () => {
    app = await maintenanceApp(database.url, { configure: new FakeRunTime().provide });
    const report = await app.maintenance.cleanup({ only: ['blacklisted_tokens'] });
    expect(report).toMatchObject({
      status: 'partial',
      rows: 1,
      error: {
        code: 'END_NOT_RECORDED',
        message: `The end of cleanup ${report.runId} could not be recorded: the record is full`,
      },
    });
  });

  it('keeps the error that it ended with', async () => {
    app = await maintenanceApp(database.url, { configure: new FakeRunTime().provide });
    const repair = await failFirstDeletions(database, 'blacklisted_tokens', { sqlState: 'XX001', times: 100 });
    const report = await app.maintenance.cleanup({ only: ['blacklisted_tokens'] });
    await repair();
    expect(report).toMatchObject({ status: 'failed', error: { code: 'END_NOT_RECORDED' } });
  });

  it('exits 3 on the command line', async () => {
    const { exitCode, stderr } = await runCommandLine(['cleanup', '--only', 'blacklisted_tokens'], {
      DATABASE_URL: database.url,
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringMatching(/cleanup partial \(END_NOT_RECORDED\): The end of cleanup .* the record is full/),
    });
  });
});

describe('a run on a database that is not in UTF-8', () => {
  const { serverUrl, name } = useTestDatabase();

  it('is recorded, with a question mark for what its encoding lacks', async () => {
    const database = `${name}_latin1`;
    const encoding = `template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`;
    const url = await createTenxyteDatabase(serverUrl, database, encoding);
    const app = await maintenanceApp(url);
    const runs = app.moduleRef.get(RunsTable);
    const begin = { runId: randomUUID(), task: 'cleanup', slot: null, trigger: 'manual', owner: 'pod:1:a' } as const;
    const claim = { ...begin, startedBy: { actor: '清', reason: null } };
    const error = { code: 'ODD', retryable: false, message: 'café – \u{1f41e} "quoted" \\' };
    await withQueryRunner(app.moduleRef.get(DataSource), (queryRunner) => runs.claim(claim, queryRunner));
    await runs.finish(claim.runId, { status: 'failed', report: null, error, stopReason: null, summary: 'a – b' });
    await runs.skip({ ...claim, runId: randomUUID(), slot: new Date(0) }, error);
    const records = await onDatabase(url, (client) =>
      client.query(
        `select error->>'message' as message, status, summary, actor from tenxyte_maintenance.runs order by started_at`,
      ),
    );
    await app.close();
    await dropDatabase(serverUrl, database);
    const message = 'caf? ? ? "quoted" \\';
    expect(records.rows).toMatchObject([
      { status: 'failed', summary: 'a ? b', message, actor: '?' },
      { status: 'skipped', message },
    ]);
  });
});
