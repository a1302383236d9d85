import type pg from 'pg';
import { within } from '../cluster/within.js';
import {
  type EmbeddedPostgres,
  type Standby,
  startEmbeddedPostgres,
  startStandby,
} from '../support/embedded-postgres/index.js';
import { onDatabase } from '../support/on-database.js';
import { urlOfDatabase } from '../support/server.js';
import { createTenxyteDatabase } from '../support/tenxyte-database.js';

const NAME = 'tenxyte';
const OPTIONS = {
  durable: true,
  settings: {
    // Until a standby's stream begins.
    wal_keep_size: '1GB',
    // A standby whose primary was restarted is soon back.
    wal_retrieve_retry_interval: '100ms',
    // Tells the order of commits.
    track_commit_timestamp: 'on',
  },
} as const;
const PATIENCE_SECONDS = 60;

/** A primary with a standby, and Tenxyte's tables. */
export class ReplicatedServer {
  private standby: Standby | undefined;

  private constructor(private primary: EmbeddedPostgres) {}

  /** Starts a primary without a standby. */
  public static async start(): Promise<ReplicatedServer> {
    const primary = await startEmbeddedPostgres(OPTIONS);
    const server = new ReplicatedServer(primary);
    await createTenxyteDatabase(primary.url, NAME);
    return server;
  }

  /** The port of the present primary. */
  public get port(): number {
    return this.primary.port;
  }

  /** The database on the present primary, or where else a port leads to. */
  public url(port = this.port): string {
    const url = new URL(urlOfDatabase(this.primary.url, NAME));
    url.port = String(port);
    return url.href;
  }

  /** Asks the present primary. */
  public readonly query = async <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> =>
    onDatabase(this.url(), async (client) => {
      // The server may go at any time; the query itself tells.
      client.on('error', () => undefined);
      return (await client.query<Row>(sql, values)).rows;
    });

  /** Has a standby stream from the primary. @param reachedAt the port that it streams from @default the primary's own */
  public async attachStandby(reachedAt?: number): Promise<void> {
    this.standby = await startStandby(this.primary, OPTIONS, reachedAt);
    await this.untilStandbyIs('async');
  }

  /** Waits until the standby has replayed what was committed so far. */
  public async untilStandbyHasAll(): Promise<void> {
    const [{ lsn } = { lsn: '0/0' }] = await this.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn');
    await within(PATIENCE_SECONDS, 'the standby has replayed it', async () => {
      const replayed = await this.query('select from pg_stat_replication where replay_lsn >= $1::pg_lsn', [lsn]);
      return replayed.length > 0;
    });
  }

  /** From now on a commit is answered once the standby has it on its disk. */
  public async waitForStandby(): Promise<void> {
    await this.query(`alter system set synchronous_standby_names = '*'`);
    await this.query('select pg_reload_conf()');
    await this.untilStandbyIs('sync');
  }

  /** `pg_ctl restart -m immediate`: every session is cut, what was committed stays. A standby that was waited for is back at its end. */
  public async crash(): Promise<void> {
    await this.primary.restart('immediate');
    if (this.standby !== undefined) {
      await this.untilStandbyIs('sync');
    }
  }

  /** The primary is gone, with its data, and the standby takes its place. */
  public async failOver(): Promise<void> {
    const { primary, standby } = this;
    if (standby === undefined) {
      throw new Error('there is no standby to fail over to');
    }
    await primary.stop('immediate');
    await standby.promote();
    this.primary = standby;
    this.standby = undefined;
  }

  /** Stops both. */
  public async stop(): Promise<void> {
    await Promise.all([this.standby?.stop('immediate'), this.primary.stop('immediate')]);
  }

  private async untilStandbyIs(state: 'async' | 'sync'): Promise<void> {
    await within(PATIENCE_SECONDS, `the standby streams, ${state}`, async () => {
      const states = await this.query<{ state: string }>(
        `select sync_state as state from pg_stat_replication where state = 'streaming'`,
      );
      return states.some((standby) => standby.state === state);
    });
  }
}
