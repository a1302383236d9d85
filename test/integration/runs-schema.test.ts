import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { maintenanceMigrations, RunsSchemaError } from '../../src/index.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { insertRows } from '../support/rows.js';
import { useTestRole } from '../support/test-role.js';
import { statementsTo } from '../../src/tasks/runs/runs-schema-steps.js';

const TABLES = [
  'applications',
  'hold_events',
  'hold_subjects',
  'holds',
  'pauses',
  'runs',
  'schedules',
  'totp_keys',
  'versions',
];

describe('the schema of this package', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);

  beforeEach(() => database.query('drop schema if exists tenxyte_maintenance cascade'));
  afterEach(() => database.query(`drop schema if exists night_watch cascade`));

  const tables = async (schema = 'tenxyte_maintenance'): Promise<string[]> => {
    const rows = await database.query<{ name: string }>(
      'select table_name as name from information_schema.tables where table_schema = $1 order by table_name',
      [schema],
    );
    return rows.map(({ name }) => name);
  };
  const boot = async (options: Parameters<typeof maintenanceApp>[1], url = database.url): Promise<void> => {
    await (await maintenanceApp(url, options)).close();
  };
  const refusal = async (options: Parameters<typeof maintenanceApp>[1], url = role.url): Promise<RunsSchemaError> => {
    const error: unknown = await boot(options, url).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunsSchemaError);
    return error as RunsSchemaError;
  };

  it('is created when an application starts, under the name of the options', async () => {
    await boot({});
    await boot({ options: { schema: 'night_watch' } });
    expect(await tables()).toEqual(TABLES);
    expect(await tables('night_watch')).toEqual(TABLES);
  });

  it('is created once when ten applications start together', async () => {
    await Promise.all(Array.from({ length: 10 }, () => boot({ typeOrm: { poolSize: 2 } })));
    expect(await database.query('select version from tenxyte_maintenance.versions order by version')).toEqual([
      { version: 1 },
    ]);
  });

  it('is left to migrate() with migrations: manual, and an application without it does not start', async () => {
    const manual = { options: { migrations: 'manual' } } as const;
    await expect(boot(manual)).rejects.toThrow('run "tenxyte-maintenance migrate"');
    expect(await tables()).toEqual([]);

    const app = await maintenanceApp(database.url, { options: { schema: 'night_watch' } });
    expect(await app.maintenance.migrate()).toEqual({ schema: 'night_watch', from: 1, to: 1 });
    await app.close();
    await boot({ options: { migrations: 'manual', schema: 'night_watch' } });
  });

  it('may be created by the TypeORM migrations, which leave alone what is there and undo what they did', async () => {
    const source = new DataSource({ type: 'postgres', url: database.url, migrations: [...maintenanceMigrations()] });
    await source.initialize();
    await boot({});
    await source.runMigrations();
    await boot({ options: { migrations: 'manual' } });
    await source.undoLastMigration();
    expect(await tables()).toEqual([]);
    await source.runMigrations();
    await boot({ options: { migrations: 'manual' } });
    await source.destroy();
    await database.query('drop table migrations');
  });

  it('is not undone by the TypeORM migrations while a legal hold is in force', async () => {
    const source = new DataSource({ type: 'postgres', url: database.url, migrations: [...maintenanceMigrations()] });
    await source.initialize();
    await source.runMigrations();
    await database.query(
      `insert into tenxyte_maintenance.holds (case_ref, reason, placed_by, user_id) values ('C', 'r', 'p', '1')`,
    );
    await expect(source.undoLastMigration()).rejects.toThrow('Legal holds are in force');
    expect(await tables()).toEqual(TABLES);
    await source.destroy();
    await database.query('drop table migrations');
  });

  it('is left as it is by the same statements run again, and what was recorded stays', async () => {
    await boot({});
    await insertRows(database, 'tenxyte_maintenance.runs', [{}]);
    for (const statement of statementsTo(1, 'tenxyte_maintenance', (name) => name)) {
      await database.query(statement);
    }
    await boot({ options: { migrations: 'manual' } });
    expect(await tables()).toEqual(TABLES);
    expect(await database.query('select id from tenxyte_maintenance.runs')).toHaveLength(1);
  });

  it('takes any text for what started a run', async () => {
    await boot({});
    await insertRows(database, 'tenxyte_maintenance.runs', [{ trigger: 'bullmq' }]);
    expect(await database.query('select trigger, protocol, force from tenxyte_maintenance.runs')).toEqual([
      { trigger: 'bullmq', protocol: 1, force: false },
    ]);
  });

  it('tells a role that may not create it what to grant or to run', async () => {
    const error = await refusal({});
    expect(error.code).toBe('RUNS_SCHEMA');
    expect(error.message).toContain(`grant create on database "${database.name}" to "${role.name}"`);
    expect(error.message).toContain('or run "tenxyte-maintenance migrate" with a role that may');
    expect(await tables()).toEqual([]);

    await database.query(`grant create on database ${database.name} to ${role.name}`);
    await boot({}, role.url);
    expect(await tables()).toEqual(TABLES);
    await database.query(`revoke create on database ${database.name} from ${role.name}`);
    await database.query('drop schema tenxyte_maintenance cascade');
  });

  it('tells a role that may not use it which grants it needs, and they are enough', async () => {
    await boot({});
    const { message } = await refusal({ options: { migrations: 'manual' } });
    const grants = /grant usage on schema [^;]+; grant select[^;.]+/.exec(message)?.[0] ?? '';
    await database.query(grants);
    await boot({ options: { migrations: 'manual' } }, role.url);
    await database.query(`revoke insert on tenxyte_maintenance.runs from ${role.name}`);
    expect((await refusal({})).message).toContain('may not use the tables');
    await database.query('drop schema tenxyte_maintenance cascade');
  });
});
