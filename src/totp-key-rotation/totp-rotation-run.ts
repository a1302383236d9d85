import type { QueryRunner } from 'typeorm';
import { isLeaseOver } from '../batches/fence.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, readOnlyMode, RUN_DEFERRED, snapshotMode, writingMode } from '../database/short-transaction.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { RunInterruptedError } from '../errors/run-interrupted.error.js';
import { isInterruption } from '../tasks/interruption.js';
import { rotationFailure, shortcoming } from './rotation-failure.js';
import { classifyAll, rotateAll, type RotationWalkContext } from './rotation-walk.js';
import { RollingSecretStore } from './secrets/rolling-secret-store.js';
import { BY_PRIMARY_KEY } from './secrets/secret-statements.js';
import { SecretStoreInTransaction } from './secrets/secret-store-in-transaction.js';
import type { SecretStoreContext } from './secrets/secret-store.js';
import { findUsersTable } from './secrets/users-table.js';
import type { TotpRotationPlan, TotpRotationResult } from './totp-rotation-plan.js';
import { TotpRotationTally } from './totp-rotation-tally.js';
import { type VerificationCount, verifySecrets } from './verification.js';

interface Rotation extends SecretStoreContext {
  readonly plan: TotpRotationPlan;
}

/** Carries a rotation out on one connection. */
export async function rotateTotpSecrets({
  queryRunner,
  table,
  plan,
}: {
  readonly queryRunner: QueryRunner;
  readonly table: MappedTable;
  readonly plan: TotpRotationPlan;
}): Promise<TotpRotationResult> {
  const users = await inTransaction(queryRunner, readOnlyMode(plan.limits), () =>
    findUsersTable(queryRunner, table, plan),
  );
  if (users === undefined) {
    const message = `There is no table ${table.tableName}: another database than meant`;
    return { ...NOTHING, status: 'skipped', error: { code: 'TABLE_NOT_FOUND', message } };
  }
  const assertGoing = (): void => plan.signal.throwIfAborted();
  const rotation = { queryRunner, users, plan, limits: plan.limits, assertGoing };
  return plan.isDryRun ? tryAll(rotation) : rotate(rotation);
}

/** Everything is tried and nothing is written, in one snapshot that cannot write. */
async function tryAll(rotation: Rotation): Promise<TotpRotationResult> {
  const tally = new TotpRotationTally();
  const endedEarly = await whatEnded(rotation, () => inSnapshot(rotation, () => classifyAll(walkOf(rotation, tally))));
  const ending = endedEarly ?? shortcoming(tally, 0);
  return result(tally, { ...ending, isSafe: isThrough(ending) && tally.rotated + tally.undecryptable === 0 });
}

async function rotate(rotation: Rotation): Promise<TotpRotationResult> {
  const tally = new TotpRotationTally();
  let found: VerificationCount = { secrets: 0, underOthers: 0, unsigned: 0, plaintext: 0 };
  const endedEarly = await whatEnded(rotation, async () => {
    await (rotation.plan.mode === 'atomic' ? rotateAtOnce(rotation, tally) : rotateRolling(rotation, tally));
    found = await verifyInSnapshot(rotation);
  });
  const ending = endedEarly ?? shortcoming(tally, found.underOthers);
  // What no key opens may be under an older key, spoilt or spelled in a way that is not understood here.
  const doubtful = tally.undecryptable + found.unsigned + found.underOthers;
  const isAsWritten = doubtful === 0 && found.plaintext <= tally.leftPlaintext;
  const isSafe = isThrough(ending) && isAsWritten;
  return result(tally, { ...ending, isSafe });
}

/** Nothing is said about keys by a run that did not come to its end, or that opened nothing. */
function isThrough({ status }: Ending): boolean {
  return status === 'succeeded' || status === 'partial';
}

async function rotateRolling(rotation: Rotation, tally: TotpRotationTally): Promise<void> {
  const { queryRunner, plan } = rotation;
  const beforeBatch = async (): Promise<void> => {
    await plan.beforeBatch(queryRunner);
    rotation.assertGoing();
  };
  await rotateAll({ ...walkOf(rotation, tally), store: new RollingSecretStore(rotation), beforeBatch });
  await plan.settle(queryRunner);
}

/** One transaction: whatever ends it early, a crash too, leaves every secret as it was. */
async function rotateAtOnce(rotation: Rotation, tally: TotpRotationTally): Promise<void> {
  const { queryRunner, limits, users } = rotation;
  const attempt = new TotpRotationTally();
  // What is deferred runs after each batch then, within its time-out, and not for all users at once.
  const mode = users.isActedOn
    ? { ...writingMode(limits), opening: [RUN_DEFERRED] }
    : writingMode(limits, BY_PRIMARY_KEY);
  await inTransaction(queryRunner, mode, async () => {
    await rotateAll(walkOf(rotation, attempt));
    if (attempt.heldUsers > 0) {
      throw new MaintenanceError(
        'USERS_CHANGED',
        `${attempt.heldUsers} users changed their secret again and again meanwhile: run it when fewer do`,
      );
    }
    await assertLease(rotation);
  });
  Object.assign(tally, attempt);
}

/** At the end, as the lease is renewed over another connection while the transaction lasts, which the lock would hold up. */
async function assertLease({ queryRunner, limits: { fence } }: Rotation): Promise<void> {
  if (fence !== undefined) {
    await queryRunner.query(fence.statement).catch((error: unknown) => {
      throw isLeaseOver(error) ? new RunInterruptedError('lease-lost') : error;
    });
  }
}

function walkOf(rotation: Rotation, tally: TotpRotationTally): RotationWalkContext {
  const { plan, users, assertGoing } = rotation;
  const { keyring, encryptPlaintext } = plan;
  return {
    store: new SecretStoreInTransaction(rotation),
    classification: { keyring, encryptPlaintext, maxSecretLength: users.maxSecretLength },
    tally,
    beforeBatch: async () => assertGoing(),
    onBatch: () => {
      const { total: secrets, rotated, encryptedPlaintext } = tally;
      plan.onProgress({ phase: 'rotating', secrets, written: rotated + encryptedPlaintext });
    },
  };
}

async function verifyInSnapshot(rotation: Rotation): Promise<VerificationCount> {
  const { plan, assertGoing } = rotation;
  return inSnapshot(rotation, () =>
    verifySecrets({
      store: new SecretStoreInTransaction(rotation),
      keyring: plan.keyring,
      beforeBatch: async () => assertGoing(),
      onPage: ({ secrets }) => plan.onProgress({ phase: 'reading-back', secrets, written: 0 }),
    }),
  );
}

/** Whether keys may be retired is judged by what a snapshot shows: looked at anew, as row security or another table may have come meanwhile. */
async function inSnapshot<Result>(
  { queryRunner, limits, users, plan }: Rotation,
  work: () => Promise<Result>,
): Promise<Result> {
  return inTransaction(queryRunner, snapshotMode(limits, BY_PRIMARY_KEY), async () => {
    if ((await findUsersTable(queryRunner, users.table, plan)) === undefined) {
      throw new MaintenanceError('TABLE_CHANGED', `The table ${users.table.tableName} went away in mid-run`);
    }
    return work();
  });
}

type Ending = Pick<TotpRotationResult, 'status' | 'error'>;

/** Undefined when the work came to its end. */
async function whatEnded({ plan }: Rotation, work: () => Promise<void>): Promise<Ending | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return isInterruption(error, plan.signal)
      ? { status: 'stopped' }
      : { status: 'failed', error: rotationFailure(error, plan.mode) };
  }
}

function result(
  tally: TotpRotationTally,
  { isSafe, ...ending }: Ending & { readonly isSafe: boolean },
): TotpRotationResult {
  return { ...countsOf(tally), safeToRetirePreviousKeys: isSafe, ...ending };
}

const NOTHING = { ...countsOf(new TotpRotationTally()), safeToRetirePreviousKeys: false };

function countsOf(tally: TotpRotationTally): Omit<TotpRotationResult, 'status' | 'safeToRetirePreviousKeys'> {
  return {
    total: tally.total,
    rotated: tally.rotated,
    alreadyCurrent: tally.alreadyCurrent,
    encryptedPlaintext: tally.encryptedPlaintext,
    leftPlaintext: tally.leftPlaintext,
    undecryptable: tally.undecryptable,
    undecryptableUserIds: tally.undecryptableUserIds,
    heldUsers: tally.heldUsers,
  };
}
