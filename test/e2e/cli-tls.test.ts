import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine, runInOwnProcess } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';
import { makeCertificates, startTlsProxy } from '../support/tls-proxy.js';

const folder = mkdtempSync(join(tmpdir(), 'tenxyte-tls-'));
const certificates = makeCertificates(folder, '127.0.0.1');
const other = makeCertificates(mkdtempSync(join(folder, 'other-')), '127.0.0.1');
const name = certificates === undefined ? 'a private certificate authority (not tried: there is no openssl here)' : '';

(certificates === undefined ? describe.skip : describe)(name || 'a private certificate authority', () => {
  const database = useTestDatabase();
  let proxy: Awaited<ReturnType<typeof startTlsProxy>> | undefined;

  beforeAll(async () => {
    proxy = certificates && (await startTlsProxy(new URL(database.url), certificates));
  });
  afterAll(() => {
    proxy?.close();
    rmSync(folder, { recursive: true });
  });

  const address = (parameters: Readonly<Record<string, string>>): string => {
    const url = new URL(database.url);
    url.port = String(proxy?.port);
    Object.entries(parameters).forEach(([key, value]) => url.searchParams.set(key, value));
    return url.href;
  };

  it('is told in the address', async () => {
    const url = address({ sslmode: 'verify-full', sslrootcert: certificates?.authority ?? '' });
    expect(await runCommandLine(['status', '--database-url', url])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is told in the environment of Node', async () => {
    const env = { NODE_EXTRA_CA_CERTS: certificates?.authority ?? '' };
    const args = ['status', '--database-url', address({ sslmode: 'verify-full' })];
    expect(await runInOwnProcess(args, env)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each([
    ['another one', () => ({ sslmode: 'verify-full', sslrootcert: other?.authority ?? '' })],
    ['none', () => ({ sslmode: 'verify-full' })],
    ['a file that is not there', () => ({ sslmode: 'verify-full', sslrootcert: '/no/such.pem' })],
  ] as const)('is missed where the address tells %s', async (_, parameters) => {
    const { exitCode, stderr } = await runCommandLine(['status', '--database-url', address(parameters())]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^tenxyte-maintenance: Could not connect to the database, .*(certificate|no such file).*\n$/,
    );
  });
});
