import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenxyteMaintenanceService } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const TIMES = Array.from({ length: 10 });

const CALLS: Readonly<Record<string, (maintenance: TenxyteMaintenanceService) => Promise<unknown>>> = {
  cleanup: (maintenance) => maintenance.cleanup(),
  'dry run of a cleanup': (maintenance) => maintenance.cleanup({ dryRun: true }),
  backlog: (maintenance) => maintenance.backlog(),
  checkAgentHeartbeats: (maintenance) => maintenance.checkAgentHeartbeats(),
  rotateTotpKeys: (maintenance) => maintenance.rotateTotpKeys(),
  'rotateTotpKeys, atomic': (maintenance) => maintenance.rotateTotpKeys({ mode: 'atomic' }),
  status: (maintenance) => maintenance.status(),
  history: (maintenance) => maintenance.history(),
  doctor: (maintenance) => maintenance.doctor(),
  migrate: (maintenance) => maintenance.migrate(),
};

describe.each([1, 3, 10])('on a pool of %i connections', (poolSize) => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    await insertReferences(database);
    await insertRows(database, 'login_attempts', [{ created_at: '2001-01-01T00:00:00Z' }]);
    app = await maintenanceApp(database.url, {
      options: { cleanup: { maxFractionPerTarget: 1 }, totp: { keys: [FernetKey.generate()] } },
      typeOrm: { poolSize, extra: { connectionTimeoutMillis: 10_000 } },
    });
  });
  afterAll(() => app.close());

  it.each(Object.entries(CALLS))('ten calls at once of %s come to an end', async (_name, call) => {
    await Promise.all(TIMES.map(() => call(app.maintenance)));
    expect(await app.maintenance.doctor()).toMatchObject({ status: 'succeeded' });
  });
});
