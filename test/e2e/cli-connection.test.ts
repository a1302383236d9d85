import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { FinishedCall } from '../support/command-line.js';
// Node's own errors are not those of Jest's realm.
import { runInOwnProcess as runCommandLine } from '../support/command-line.js';
import { urlOfDatabase } from '../support/server.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

/** Every character that a URL gives a meaning to. */
const PASSWORD = 'Sesame@open:/wide?now#100%';
const SPELLINGS = [PASSWORD, encodeURIComponent(PASSWORD), encodeURI(PASSWORD), 'Sesame', 'wide'];

const COMMANDS = ['cleanup', 'doctor'] as const;
const CHECK = 'Could not connect to the database, check --database-url or DATABASE_URL';

async function portNobodyListensOn(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the connection of the command line', () => {
  const database = useTestDatabase();
  const role = useTestRole(database, PASSWORD);

  beforeAll(() => database.query(`grant select, update, delete on all tables in schema public to ${role.name}`));

  const changed = (change: (url: URL) => void): string => {
    const url = new URL(role.url);
    change(url);
    return url.href;
  };

  function expectNoPassword({ stdout, stderr }: FinishedCall): void {
    for (const spelling of SPELLINGS) {
      expect(`${stdout}${stderr}`).not.toContain(spelling);
    }
  }

  it.each(COMMANDS)('of %s shows the password nowhere when all is well', async (command) => {
    for (const args of [[], ['--json']]) {
      const call = await runCommandLine([command, ...args], { DATABASE_URL: role.url });
      expect({ exitCode: call.exitCode, stderr: call.stderr }).toEqual({ exitCode: 0, stderr: '' });
      expectNoPassword(call);
    }
  });

  describe.each(COMMANDS)('of %s', (command) => {
    async function expectFailure(url: string, sentence: string): Promise<void> {
      const plain = await runCommandLine([command, '--database-url', url]);
      const message = `${CHECK}: ${sentence}.`;
      expect(plain).toEqual({ exitCode: 1, signal: null, stdout: '', stderr: `tenxyte-maintenance: ${message}\n` });
      expectNoPassword(plain);

      const json = await runCommandLine([command, '--json'], { DATABASE_URL: url });
      expect(json.exitCode).toBe(1);
      expect(JSON.parse(json.stdout)).toEqual({
        task: command,
        status: 'failed',
        error: { code: 'CONNECTION_FAILED', retryable: true, message },
      });
      expectNoPassword(json);
    }

    it('exits 1 at once with a wrong password', async () => {
      const url = changed((address) => {
        address.password = encodeURIComponent(`${PASSWORD}!`);
      });
      await expectFailure(url, `password authentication failed for user "${role.name}"`);
    });

    it('exits 1 when the database does not exist', async () => {
      const missing = `${database.name}_missing`;
      await expectFailure(urlOfDatabase(role.url, missing), `database "${missing}" does not exist`);
    });

    it('exits 1 when nobody listens on the port', async () => {
      const port = await portNobodyListensOn();
      const url = changed((address) => {
        address.hostname = '127.0.0.1';
        address.port = String(port);
      });
      await expectFailure(url, `connect ECONNREFUSED 127.0.0.1:${port}`);
    });

    it('exits 1 when the host does not exist', async () => {
      const url = changed((address) => {
        address.hostname = 'no-such-host.invalid';
      });
      const call = await runCommandLine([command, '--database-url', url]);
      expect(call).toMatchObject({ exitCode: 1, stdout: '' });
      expect(call.stderr).toMatch(
        new RegExp(`^tenxyte-maintenance: ${CHECK}: getaddrinfo \\w+ no-such-host.invalid\\.\n$`),
      );
      expectNoPassword(call);
    });
  });

  it('exits 2 for a cleanup of a database without the tables', async () => {
    const { exitCode, stdout, stderr } = await runCommandLine(['cleanup', '--json'], {
      DATABASE_URL: urlOfDatabase(role.url, 'postgres'),
    });
    expect({ exitCode, document: JSON.parse(stdout) }).toMatchObject({
      exitCode: 2,
      document: { error: { code: 'TABLES_NOT_FOUND' } },
    });
    expect(stderr).toContain('The database "postgres" has none of Tenxyte\'s tables');
  });
});
