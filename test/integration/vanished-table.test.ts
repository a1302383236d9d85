import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useTestDatabase } from '../support/test-database.js';

describe('a table that was there', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeEach(async () => {
    app = await maintenanceApp(database.url, { options: { totp: { keys: [FernetKey.generate()] } } });
    await database.query('truncate tenxyte_maintenance.runs');
  });
  afterEach(() => app.close());

  const without = async (table: string, work: () => Promise<void>): Promise<void> => {
    await database.query(`alter table ${table} rename to moved_away`);
    try {
      await work();
    } finally {
      await database.query(`alter table moved_away rename to ${table}`);
    }
  };

  it('fails its target in the first cleanup that misses it, and is a missing one from then on', async () => {
    const request = { only: ['otp_codes', 'audit_logs'] } as const;
    await app.maintenance.cleanup(request);
    await without('otp_codes', async () => {
      const first = await app.maintenance.cleanup(request);
      const second = await app.maintenance.cleanup(request);
      expect(first).toMatchObject({
        status: 'partial',
        targets: [{ status: 'failed', error: { code: 'TABLE_VANISHED' } }, { status: 'succeeded' }],
      });
      expect(second).toMatchObject({ status: 'succeeded', targets: [{ skipReason: 'table-not-found' }, {}] });
    });
  });

  it('is found although the last cleanup did not look for it', async () => {
    await app.maintenance.cleanup({ only: ['otp_codes'] });
    await app.maintenance.cleanup({ only: ['audit_logs'] });
    await without('otp_codes', async () => {
      expect(await app.maintenance.cleanup({ only: ['otp_codes'], dryRun: true })).toMatchObject({
        status: 'succeeded',
      });
      expect(await app.maintenance.cleanup({ only: ['otp_codes'] })).toMatchObject({ status: 'failed' });
    });
  });

  it('was never there for a Tenxyte without the feature', async () => {
    await without('otp_codes', async () => {
      for (const _ of [1, 2]) {
        expect(await app.maintenance.cleanup({ only: ['otp_codes'] })).toMatchObject({ status: 'succeeded' });
      }
    });
  });

  it.each([
    ['agent_tokens', () => app.maintenance.checkAgentHeartbeats()],
    ['users', () => app.maintenance.rotateTotpKeys()],
  ])('fails the task that works on %s alone', async (table, run) => {
    await run();
    await without(table, async () => {
      expect(await run()).toMatchObject({ status: 'failed', error: { code: 'TABLE_VANISHED' } });
      expect(await run()).toMatchObject({ status: 'skipped', error: { code: 'TABLE_NOT_FOUND' } });
    });
  });
});
