import type { QueryRunner } from 'typeorm';
import { expectOne } from '../database/expect-one.js';
import { inTransaction, readOnlyMode, type TimeOuts } from '../database/short-transaction.js';
import type { UsersTable } from './secrets/users-table.js';
import type { TotpRotationProgress, TotpRotationProgressListener } from './totp-key-rotation-request.js';
import type { TotpRotationPlan, TotpRotationResult } from './totp-rotation-plan.js';

/** How far one phase is, in mid-work. */
export type RotationStep = Pick<TotpRotationProgress, 'phase' | 'secrets' | 'written'>;

/** What a rotation is at most before it has ended, as it may fail at last. */
const BEFORE_THE_END = 0.99;

/** Tells how far a rotation is. Going over the secrets and reading them back take half of it each; a dry run does not read back. */
export class RotationProgress {
  private overall = 0;
  private last: RotationStep = { phase: 'rotating', secrets: 0, written: 0 };

  /** @param expected the secrets that there are; 0 = not known, and the first phase counts as nothing until it is over */
  public constructor(
    private readonly listener: TotpRotationProgressListener,
    private readonly expected: number,
    private readonly isDryRun: boolean,
  ) {}

  /** A batch of the phase at hand. */
  public readonly step = (step: RotationStep): void => {
    this.last = step;
    const share = this.expected === 0 ? 0 : Math.min(1, step.secrets / this.expected);
    const done = this.isDryRun ? share : step.phase === 'rotating' ? share / 2 : 0.5 + share / 2;
    this.overall = Math.max(this.overall, done * BEFORE_THE_END);
    this.listener({ ...step, overall: this.overall, status: null, reason: null });
  };

  /** The end of the rotation, whatever became of it. */
  public end({ status, error }: Pick<TotpRotationResult, 'status' | 'error'>): void {
    this.listener({ ...this.last, overall: 1, status, reason: error?.code ?? null });
  }
}

/** The progress of a rotation; undefined when nobody listens. */
export async function progressOf(
  queryRunner: QueryRunner,
  users: UsersTable,
  { onProgress, limits, isDryRun }: TotpRotationPlan,
): Promise<RotationProgress | undefined> {
  return onProgress && new RotationProgress(onProgress, await expectedSecrets(queryRunner, users, limits), isDryRun);
}

/** Counts the secrets, in a transaction of its own; 0 where that takes too long or may not be done: the rotation itself says why. */
async function expectedSecrets(
  queryRunner: QueryRunner,
  { table }: Pick<UsersTable, 'table'>,
  limits: TimeOuts,
): Promise<number> {
  try {
    const rows = await inTransaction(queryRunner, readOnlyMode(limits), () =>
      queryRunner.query(
        `select pg_catalog.count(*)::pg_catalog.float8 as secrets
         from ${table.sqlName}
         where ${table.sqlColumn('totpSecret')} is not null`,
      ),
    );
    return expectOne<{ secrets: number }>(rows).secrets;
  } catch {
    return 0;
  }
}
