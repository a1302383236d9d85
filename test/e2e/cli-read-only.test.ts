import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { runCommandLine } from '../support/command-line.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../support/embedded-postgres/index.js';
import { createTenxyteDatabase } from '../support/tenxyte-database.js';

const WRITING = [['cleanup'], ['check-heartbeats'], ['rotate-totp-key']] as const;
const READING = [
  [['cleanup', '--dry-run'], 0],
  [['check-heartbeats', '--dry-run'], 0],
  [['rotate-totp-key', '--dry-run'], 0],
  [['status'], 0],
  [['history'], 0],
  [['doctor'], 5],
] as const;

let server: EmbeddedPostgres;
/** Without this package's schema, and with it. */
let urls: { readonly empty: string; readonly migrated: string };

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  urls = {
    empty: await createTenxyteDatabase(server.url, 'empty'),
    migrated: await createTenxyteDatabase(server.url, 'migrated'),
  };
  await call(['migrate'], urls.migrated);
}, 60_000);

afterAll(() => server.stop());

function readOnlyByDefault(url: string): string {
  const address = new URL(url);
  address.searchParams.set('options', '-c default_transaction_read_only=on');
  return address.href;
}

const call = async (args: readonly string[], address: string) =>
  runCommandLine([...args, '--json'], {
    DATABASE_URL: address,
    TENXYTE_TOTP_ENCRYPTION_KEY: FernetKey.generate(),
  });

async function expectReadOnly(address: string, writing: readonly (readonly string[])[]): Promise<void> {
  for (const args of writing) {
    const { exitCode, stdout, stderr } = await call(args, address);
    expect({ args, exitCode, document: JSON.parse(stdout) as object }).toMatchObject({
      args,
      exitCode: 2,
      document: { error: { code: 'READ_ONLY_DATABASE' } },
    });
    expect(stderr).toMatch(/^tenxyte-maintenance: The database is read-only.*connect to the primary.*\.\n$/);
  }
  for (const [args, expected] of READING) {
    const { exitCode, stdout } = await call(args, address);
    expect({ args, exitCode, stdout }).toMatchObject({ args, exitCode: expected });
  }
  const { stdout } = await call(['doctor'], address);
  const { checks } = JSON.parse(stdout) as { checks: readonly { name: string; level: string; whatToDo?: string }[] };
  expect(checks.find(({ name }) => name === 'writable')).toMatchObject({ level: 'problem' });
}

describe('a database that is read-only is left alone, and can be looked at', () => {
  it('because transactions are read-only by default', async () => {
    await expectReadOnly(readOnlyByDefault(urls.empty), [...WRITING, ['migrate']]);
    await expectReadOnly(readOnlyByDefault(urls.migrated), WRITING);
  });

  it('because it is a standby', async () => {
    // Once told so, a server stays in recovery and waits for a primary.
    await writeFile(join(server.dataDirectory, 'standby.signal'), '');
    await server.restart('fast');
    await expectReadOnly(urls.empty, [...WRITING, ['migrate']]);
    await expectReadOnly(urls.migrated, WRITING);
  });
});
