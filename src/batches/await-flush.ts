import { setTimeout as delay } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { expectOne } from '../database/expect-one.js';

const POLL_MS = 20;
/** PostgreSQL's WAL writer takes three times `wal_writer_delay` at most, which is 0.6 s by default. */
const DEADLINE_MS = 10_000;

/**
 * Waits until what was committed without waiting for the disk is on it, so that a report only speaks of what a crash of the server
 * cannot undo. Gives up quietly after 10 s or on an error: the rows are deleted either way, and should a crash bring expired rows
 * back, the next run deletes them again.
 */
export async function awaitFlush(queryRunner: QueryRunner): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  await forceFlush(queryRunner);
  try {
    const written = await writtenPosition(queryRunner);
    while (!(await isFlushed(queryRunner, written)) && performance.now() < deadline) {
      await delay(POLL_MS);
    }
  } catch {
    // See above: there is nothing to report and nothing to undo.
  }
}

/**
 * One commit with the server's own durability takes all earlier ones to the disk with it, where waiting for the WAL writer takes up
 * to 0.2 s. The message is for logical decoding, which ignores it unless asked. A role that may not write one waits instead.
 */
async function forceFlush(queryRunner: QueryRunner): Promise<void> {
  await queryRunner
    .query(`select pg_catalog.pg_logical_emit_message(true, 'tenxyte-maintenance', '')`)
    .catch(() => undefined);
}

async function writtenPosition(queryRunner: QueryRunner): Promise<string> {
  const answers = await queryRunner.query('select pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text as position');
  return expectOne<{ position: string }>(answers).position;
}

async function isFlushed(queryRunner: QueryRunner, position: string): Promise<boolean> {
  const answers = await queryRunner.query(
    'select pg_catalog.pg_current_wal_flush_lsn() operator(pg_catalog.>=) $1::pg_catalog.pg_lsn as flushed',
    [position],
  );
  return expectOne<{ flushed: boolean }>(answers).flushed;
}
