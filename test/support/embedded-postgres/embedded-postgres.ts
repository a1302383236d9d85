/** A running PostgreSQL of one's own, in a temporary directory. */
export interface EmbeddedPostgres {
  /** `postgresql://user:password@127.0.0.1:port/postgres`, for the superuser. Stays the same over a restart. */
  readonly url: string;
  readonly dataDirectory: string;
  readonly port: number;
  /**
   * Stops the server and starts it again on the same port and data.
   * `immediate` is a crash: sessions are cut and the next start recovers from the log. `fast` is an orderly shutdown.
   */
  restart(mode: RestartMode): Promise<void>;
  /**
   * Shuts the server down and removes its directory. Calling it again gives the same promise.
   * @param mode @default 'fast'
   */
  stop(mode?: RestartMode): Promise<void>;
}

/** How a server is stopped, in PostgreSQL's own words. */
export type RestartMode = 'immediate' | 'fast';

/** What may differ from one embedded server to the next. */
export interface EmbeddedPostgresOptions {
  /** postgresql.conf settings, given as `-c name=value`. The port and the addresses listened on cannot be changed. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Whether a commit survives a crash. `false` turns fsync, synchronous_commit and full_page_writes off, for tests;
   * `true` leaves them at PostgreSQL's own defaults, for benches.
   * @default false
   */
  readonly durable?: boolean;
}
