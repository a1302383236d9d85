import type { QueryRunner } from 'typeorm';

/** A parameter that no server has: to read it is an error, whose message bears its name. */
const LEASE_OVER = 'tenxyte_maintenance.lease_over';

/** Keeps a run from being taken for lost while a batch of it is in flight. */
export interface Fence {
  /** What each transaction that writes for the run begins with; see {@link fenceStatement}. */
  readonly statement: string;
  /** Renews the lease that a batch found over, outside any transaction. Throws when the run was taken for lost. */
  readonly renew: (queryRunner: QueryRunner) => Promise<void>;
}

/**
 * A statement without parameters that locks the row which holds a lease until the transaction ends, so that whoever would take the lease
 * over, and locks the row for update, waits for the commit. Who renews it, or asks the run to stop, waits for nobody. An error when
 * the lease is over: {@link isLeaseOver}.
 *
 * @param lease a `select` of the row while the lease lasts
 */
export function fenceStatement(lease: string): string {
  return `select pg_catalog.current_setting('${LEASE_OVER}') where not exists (${lease} for key share)`;
}

/** True for the error of {@link fenceStatement}. */
export function isLeaseOver(error: unknown): boolean {
  return error instanceof Error && error.message.includes(LEASE_OVER);
}
