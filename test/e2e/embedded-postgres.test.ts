import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { query } from '../support/embedded-postgres/fixtures/query.js';
import { freePort } from '../support/embedded-postgres/free-port.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../support/embedded-postgres/index.js';
import { installedNativeDirectory } from '../support/embedded-postgres/installed-native-directory.js';
import { launch } from '../support/embedded-postgres/launch.js';

const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;

describe('an embedded server as it comes', () => {
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    server = await startEmbeddedPostgres();
  });

  afterAll(() => server.stop());

  it('answers a query', async () => {
    expect(await query(server.url, 'select 1')).toEqual([[1]]);
  });

  it('refuses a wrong password', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';

    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps its password in no file', async () => {
    const sql = 'select rolpassword from pg_authid where rolpassword is not null';

    expect(await query(server.url, sql)).toEqual([[expect.stringMatching(/^SCRAM-SHA-256\$/)]]);
    expect(readdirSync(dirname(server.dataDirectory)).sort()).toEqual(['data', 'processes', 'server.log']);
  });

  it.each([
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', ''],
    ['max_connections', '200'],
    ['fsync', 'off'],
    ['synchronous_commit', 'off'],
    ['full_page_writes', 'off'],
    ['server_encoding', 'UTF8'],
    ['lc_messages', 'C'],
    ['TimeZone', 'UTC'],
  ])('has %s set to "%s"', async (setting, value) => {
    expect(await query(server.url, `show ${setting}`)).toEqual([[value]]);
  });

  it('sorts in the C locale', async () => {
    const sql = 'select distinct datcollate, datctype from pg_database';

    expect(await query(server.url, sql)).toEqual([['C', 'C']]);
  });
});

describe('an embedded server that is asked to be durable', () => {
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ durable: true });
  });

  afterAll(() => server.stop());

  it('has the durability of a plain PostgreSQL', async () => {
    expect(await query(server.url, 'show fsync')).toEqual([['on']]);
    expect(await query(server.url, 'show synchronous_commit')).toEqual([['on']]);
    expect(await query(server.url, 'show full_page_writes')).toEqual([['on']]);
  });

  it.each(['immediate', 'fast'] as const)('keeps what was committed over a restart in mode %s', async (mode) => {
    await query(server.url, `create table kept_over_${mode} as select 42 as answer`);

    await server.restart(mode);

    expect(await query(server.url, `select answer from kept_over_${mode}`)).toEqual([[42]]);
  });
});

describe('an embedded server', () => {
  let server: EmbeddedPostgres | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it('takes settings, but not another port', async () => {
    server = await startEmbeddedPostgres({ settings: { max_connections: '17', port: '1' } });

    expect(await query(server.url, 'show max_connections')).toEqual([['17']]);
    expect(await query(server.url, 'show port')).toEqual([[String(server.port)]]);
  });

  it('takes another port when the first is taken meanwhile', async () => {
    const rival = createServer((socket) => socket.destroy());
    const takenPort = await freePort();
    await new Promise<void>((resolve) => rival.listen(takenPort, '127.0.0.1', resolve));
    const ports = [takenPort];

    server = await launch(installedNativeDirectory(), {}, async () => ports.shift() ?? freePort());
    await new Promise((resolve) => rival.close(resolve));

    expect(server.port).not.toBe(takenPort);
    expect(await query(server.url, 'select 1')).toEqual([[1]]);
  });

  itAsRoot('runs from binaries that only root can reach', async () => {
    const closedHome = mkdtempSync(join(tmpdir(), 'embedded-postgres-test-'));
    try {
      cpSync(installedNativeDirectory(), join(closedHome, 'native'), { recursive: true, verbatimSymlinks: true });

      server = await launch(join(closedHome, 'native'), {});

      expect(await query(server.url, 'select 1')).toEqual([[1]]);
      expect(existsSync(join(server.dataDirectory, '..', 'native', 'bin', 'postgres'))).toBe(true);
    } finally {
      rmSync(closedHome, { recursive: true, force: true });
    }
  });
});

describe('an embedded server that was stopped', () => {
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    server = await startEmbeddedPostgres();
    await Promise.all([server.stop(), server.stop()]);
  });

  it('has no directory, however often it is stopped', async () => {
    await server.stop();

    expect(existsSync(dirname(server.dataDirectory))).toBe(false);
  });

  it('cannot be restarted', async () => {
    await expect(server.restart('fast')).rejects.toThrow('cannot be restarted');
  });
});
