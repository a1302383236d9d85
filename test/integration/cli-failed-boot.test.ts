import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { WarningLogger } from '../../src/cli/command-line.js';
import { withMaintenance } from '../../src/cli/session/maintenance-context.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useTestDatabase } from '../support/test-database.js';

describe('a boot of the command line that fails', () => {
  const database = useTestDatabase();

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('closes the connection that was still opening', async () => {
    const initialize = jest.spyOn(DataSource.prototype, 'initialize');
    const key = FernetKey.generate();
    const boot = withMaintenance(
      {
        connection: { url: database.url },
        config: { totp: { keys: [key, key] } },
        logger: new WarningLogger(() => undefined),
      },
      async () => 'never',
    );
    await expect(boot).rejects.toMatchObject({ code: 'CONFIG' });
    const opened = await Promise.all(initialize.mock.results.map(({ value }) => value as Promise<DataSource>));
    expect(opened.map(({ isInitialized }) => isInitialized)).toEqual([false]);
  });
});
