import type { EmbeddedPostgresOptions } from './embedded-postgres.js';

/** Room for parallel test files with a pool each; PostgreSQL's own default is 100. */
const ROOM_FOR_TESTS = { max_connections: '200' };

/** Trades what only matters after a power cut for speed. */
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** The `-c name=value` arguments of a server: defaults, then the caller's settings, then what nobody may change. */
export function settingArguments(options: EmbeddedPostgresOptions, port: number): readonly string[] {
  const settings = {
    ...ROOM_FOR_TESTS,
    ...(options.durable === true ? {} : NOT_DURABLE),
    ...options.settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
