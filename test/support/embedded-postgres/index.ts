import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
import { installedNativeDirectory } from './installed-native-directory.js';
import { launch } from './launch.js';

export type { EmbeddedPostgres, EmbeddedPostgresOptions, RestartMode } from './embedded-postgres.js';
export { startStandby, type Standby } from './standby.js';

/**
 * Starts a PostgreSQL that ends with this process, however this process ends.
 *
 * ```ts
 * const postgres = await startEmbeddedPostgres();
 * const client = new pg.Client({ connectionString: postgres.url });
 * // ...
 * await postgres.stop();
 * ```
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  return launch(installedNativeDirectory(), options);
}
