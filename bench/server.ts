import { startEmbeddedPostgres } from '../test/support/embedded-postgres/index.js';
import type { EmbeddedPostgres } from '../test/support/embedded-postgres/index.js';
import { startJitServer } from '../test/support/jit-server.js';

/**
 * A durable server as a small production host would run it. Autovacuum is off, as it would hit one side and not the other; the
 * rest is PostgreSQL's default.
 */
export const SERVER_SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  autovacuum: 'off',
} as const;

/** Starts the server that both sides of a benchmark use. */
export function startBenchServer(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ durable: true, settings: SERVER_SETTINGS });
}

/** The same of the system's own PostgreSQL, which JIT-compiles what it takes for expensive. */
export function startJitBenchServer(): Promise<EmbeddedPostgres> {
  return startJitServer({ durable: true, settings: SERVER_SETTINGS });
}
