import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenxyteMaintenanceService } from '../../src/index.js';
import { MaintenanceError } from '../../src/index.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const CALLS: Readonly<Record<string, (maintenance: TenxyteMaintenanceService) => Promise<unknown>>> = {
  cleanup: (maintenance) => maintenance.cleanup(),
  'a dry cleanup': (maintenance) => maintenance.cleanup({ dryRun: true }),
  runTask: (maintenance) => maintenance.runTask('cleanup'),
  backlog: (maintenance) => maintenance.backlog(),
  checkAgentHeartbeats: (maintenance) => maintenance.checkAgentHeartbeats(),
  rotateTotpKeys: (maintenance) => maintenance.rotateTotpKeys(),
  status: (maintenance) => maintenance.status(),
  history: (maintenance) => maintenance.history(),
  run: (maintenance) => maintenance.run('0f3c2d1e'),
  doctor: (maintenance) => maintenance.doctor(),
  migrate: (maintenance) => maintenance.migrate(),
};

describe('a database that cannot be reached', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp;

  beforeAll(async () => {
    await database.query(`grant select on all tables in schema public to ${role.name}`);
    app = await maintenanceApp(role.url, { options: { totp: { keys: [`${'A'.repeat(43)}=`] } } });
    await database.query(`alter role ${role.name} connection limit 0`);
    await database.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role.name]);
  });
  afterAll(() => app.close());

  it.each(Object.entries(CALLS))('is told by an error of this package that a retry can help: %s', async (_, call) => {
    const error = await call(app.maintenance).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MaintenanceError);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^CONNECTION_(FAILED|LOST)$/),
      retryable: true,
      cause: expect.any(Error),
    });
    expect(String(error)).not.toContain(role.password);
  });
});
