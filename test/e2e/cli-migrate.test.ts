import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

describe('tenxyte-maintenance migrate', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const configFile = useConfigFiles();

  beforeEach(() => database.query('drop schema if exists tenxyte_maintenance cascade'));

  const tables = (schema: string): Promise<{ name: string }[]> =>
    database.query('select table_name as name from information_schema.tables where table_schema = $1', [schema]);

  it('creates the schema, and changes nothing when it is run again', async () => {
    const first = await runInOwnProcess(['migrate'], { DATABASE_URL: database.url });
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: 'succeeded: created the schema tenxyte_maintenance, version 1\n',
      stderr: '',
    });
    const again = await runCommandLine(['migrate', '--json'], { DATABASE_URL: database.url });
    expect(JSON.parse(again.stdout)).toEqual({
      task: 'migrate',
      status: 'succeeded',
      schema: 'tenxyte_maintenance',
      from: 1,
      to: 1,
    });
    expect(await tables('tenxyte_maintenance')).toHaveLength(9);
  });

  it('takes the name of the schema from the config file', async () => {
    const config = configFile(`export default { schema: 'night_watch', migrations: 'manual' };`);
    expect((await runCommandLine(['migrate', '--config', config], { DATABASE_URL: database.url })).exitCode).toBe(0);
    expect(await tables('night_watch')).toHaveLength(9);
  });

  it('exits 2 and says what to grant when the role may not', async () => {
    const { exitCode, stderr } = await runCommandLine(['migrate'], { DATABASE_URL: role.url });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`grant create on database "${database.name}" to "${role.name}"`);
    expect(stderr).not.toContain(role.password);
  });

  it('is asked for by a cleanup that finds no schema with migrations: manual, and touches nothing', async () => {
    await database.query('drop schema if exists night_watch cascade');
    const config = configFile(`export default { migrations: 'manual' };`);
    const { exitCode, stderr } = await runCommandLine(['cleanup', '--config', config], { DATABASE_URL: database.url });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('run "tenxyte-maintenance migrate"');
  });
});
