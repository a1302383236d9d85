import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres/index.js';
import { launch } from './embedded-postgres/launch.js';
import { systemNativeDirectory } from './embedded-postgres/system-native-directory.js';
import { onDatabase } from './on-database.js';

/** Starts a server of the system's own PostgreSQL, which JIT-compiles as shipped: the embedded one is built without. */
export async function startJitServer(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const directory = systemNativeDirectory();
  const server = await launch(directory, options);
  const { rows } = await onDatabase(server.url, (client) =>
    client.query<{ compiles: boolean }>('select pg_jit_available() as compiles'),
  );
  if (rows[0]?.compiles !== true) {
    await server.stop();
    throw new Error(`The PostgreSQL of ${directory} cannot JIT-compile: its package for LLVM is missing.`);
  }
  return server;
}
