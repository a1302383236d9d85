import type { QueryRunner } from 'typeorm';

/** Facts about the server and this connection. */
export interface ServerFacts {
  /** As in `server_version_num`, such as 150004. */
  readonly versionNumber: number;
  /** As in `server_version`, such as `15.4`. */
  readonly version: string;
  readonly database: string;
  readonly role: string;
  readonly isInRecovery: boolean;
  readonly isReadOnlyByDefault: boolean;
  /** Milliseconds by which the database's clock is ahead of this machine's; negative when it is behind. */
  readonly clockAheadMs: number;
}

type ServerRow = Omit<ServerFacts, 'clockAheadMs'> & { readonly clockMs: number };

/** Asks the server; the clocks are compared half way between question and answer. */
export async function readServerFacts(queryRunner: QueryRunner): Promise<ServerFacts> {
  const askedAt = Date.now();
  const { clockMs, ...facts } = await readServer(queryRunner);
  const halfWay = (askedAt + Date.now()) / 2;
  return { ...facts, clockAheadMs: Math.round(clockMs - halfWay) };
}

async function readServer(queryRunner: QueryRunner): Promise<ServerRow> {
  const [row]: [ServerRow] = await queryRunner.query(`
    select pg_catalog.current_setting('server_version_num')::integer as "versionNumber",
           pg_catalog.current_setting('server_version') as version,
           pg_catalog.current_database()::pg_catalog.text as database,
           current_user::pg_catalog.text as role,
           pg_catalog.pg_is_in_recovery() as "isInRecovery",
           pg_catalog.current_setting('default_transaction_read_only')::boolean as "isReadOnlyByDefault",
           (extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)::double precision as "clockMs"`);
  return row;
}
