import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { UnsupportedServerError } from '../errors/unsupported-server.error.js';
import { expectOne } from './expect-one.js';
import { type Instant, instantSql } from './instant.js';

/** The first version with TID range scans, on which the heap walk stands. */
export const OLDEST_SERVER_VERSION = 140_000;

/** The one clock of a run: the database's. Replace the provider to run as of another time. */
@Injectable()
export class DatabaseClock {
  /**
   * The database's time now. Read once a run; every cutoff follows from it.
   *
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14
   */
  public async now(queryRunner: QueryRunner): Promise<Instant> {
    const { now, version } = expectOne(await readClock(queryRunner));
    assertSupportedServer(Number(version));
    return now;
  }
}

/** @throws {UnsupportedServerError} when the version, as in `server_version_num`, is below 140000. */
export function assertSupportedServer(serverVersion: number): void {
  if (serverVersion < OLDEST_SERVER_VERSION) {
    throw new UnsupportedServerError(serverVersion);
  }
}

async function readClock(queryRunner: QueryRunner): Promise<{ now: Instant; version: string }[]> {
  return queryRunner.query(`
    select ${instantSql('pg_catalog.now()')} as now,
           pg_catalog.current_setting('server_version_num') as version`);
}
