import { failure } from '../contract/task-report.js';
import type { QueryRunner } from 'typeorm';
import { isLeaseOver } from '../batches/fence.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, readOnlyMode, RUN_DEFERRED, snapshotMode, writingMode } from '../database/short-transaction.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { RunInterruptedError } from '../errors/run-interrupted.error.js';
import { isInterruption } from '../tasks/interruption.js';
import { surveyKeys } from './key-survey.js';
import {
  aftermathOf,
  assertCommittable,
  NO_AFTERMATH,
  type RotationEnding,
  rotationFailure,
  shortcoming,
  unverified,
  withoutSecrets,
} from './rotation-failure.js';
import { progressOf, type RotationProgress } from './rotation-progress.js';
import { classifyAll, rotateAll, type RotationWalkContext } from './rotation-walk.js';
import { RollingSecretStore } from './secrets/rolling-secret-store.js';
import { BY_PRIMARY_KEY } from './secrets/secret-statements.js';
import { SecretStoreInTransaction } from './secrets/secret-store-in-transaction.js';
import type { SecretStoreContext } from './secrets/secret-store.js';
import { findUsersTable, otherSecretTables } from './secrets/users-table.js';
import { namesOfActors } from './secrets/watched-write.js';
import type { TotpRotationPlan, TotpRotationResult } from './totp-rotation-plan.js';
import { TotpRotationTally } from './totp-rotation-tally.js';
import { nothingVerified, type VerificationCount, verifySecrets } from './verification.js';

interface Rotation extends SecretStoreContext {
  readonly plan: TotpRotationPlan;
  /** Told after each batch; undefined when nobody listens. */
  readonly onStep: RotationProgress['step'] | undefined;
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
    const skipped = { ...NOTHING, status: 'skipped', error: failure('TABLE_NOT_FOUND', message) } as const;
    plan.onProgress?.({
      phase: 'rotating',
      secrets: 0,
      written: 0,
      overall: 1,
      status: 'skipped',
      reason: skipped.error.code,
    });
    return skipped;
  }
  const assertGoing = (): void => plan.signal.throwIfAborted();
  const progress = await progressOf(queryRunner, users, plan);
  const rotation = { queryRunner, users, plan, limits: plan.limits, assertGoing, onStep: progress?.step };
  const outcome = await (plan.isDryRun ? tryAll(rotation) : rotate(rotation));
  progress?.end(outcome);
  return outcome;
}

/** What has become of a rotation so far. */
interface Course {
  tally: TotpRotationTally;
  found: VerificationCount;
  /** Other tables that look as if they held secrets, where this one holds none. */
  elsewhere: readonly string[];
  /** True once an atomic rotation was committed. */
  isCommitted: boolean;
}

function newCourse(): Course {
  return { tally: new TotpRotationTally(), found: nothingVerified(), elsewhere: [], isCommitted: false };
}

/** Everything is tried and nothing is written, in one snapshot that cannot write. */
async function tryAll(rotation: Rotation): Promise<TotpRotationResult> {
  const course = newCourse();
  const endedEarly = await whatEnded(rotation, course, () =>
    inSnapshot(rotation, async () => {
      const refused = await survey(rotation);
      if (refused !== undefined) {
        course.tally = refused;
        return;
      }
      await classifyAll(walkOf(rotation, course.tally));
      course.elsewhere = await lookElsewhere(rotation, course.tally.total);
    }),
  );
  const { tally } = course;
  const ending =
    endedEarly ??
    withoutSecrets(tally, rotation.users.table.tableName, course.elsewhere) ??
    shortcoming(tally, NO_AFTERMATH);
  return result(tally, {
    ...ending,
    isSafe: isThrough(ending) && tally.total > 0 && tally.rotated + tally.undecryptable === 0,
  });
}

async function rotate(rotation: Rotation): Promise<TotpRotationResult> {
  const { plan, users } = rotation;
  const course = newCourse();
  const endedEarly = await whatEnded(rotation, course, async () => {
    const refused = plan.encryptPlaintext ? await inSnapshot(rotation, () => survey(rotation)) : undefined;
    if (refused !== undefined) {
      course.tally = refused;
      return;
    }
    await (plan.mode === 'atomic' ? rotateAtOnce(rotation, course) : rotateRolling(rotation, course.tally));
    await inSnapshot(rotation, async () => {
      course.found = await verify(rotation);
      course.elsewhere = await lookElsewhere(rotation, course.found.secrets);
    });
  });
  const { tally } = course;
  const aftermath = aftermathOf(tally, course.found);
  const ending =
    endedEarly ??
    (course.found.secrets === 0 ? withoutSecrets(tally, users.table.tableName, course.elsewhere) : undefined) ??
    shortcoming(tally, aftermath, namesOfActors(users));
  // Of a table without secrets nothing follows: it may be another one than that of the users.
  const { secrets, unreadable } = course.found;
  // What no key opens may be under an older key, spoilt or spelled in a way that is not understood here.
  const doubtful = tally.undecryptable + unreadable + aftermath.underOthers + aftermath.plain;
  const isAsWritten = secrets > 0 && doubtful === 0;
  return result(tally, { ...ending, isSafe: endedEarly === undefined && isThrough(ending) && isAsWritten });
}

/** Nothing is encrypted under keys that open nothing: see {@link surveyKeys}. Without plain secrets to encrypt they could not change any. */
async function survey(rotation: Rotation): Promise<TotpRotationTally | undefined> {
  const { classification, store, beforeBatch } = walkOf(rotation, new TotpRotationTally());
  return classification.encryptPlaintext ? surveyKeys({ store, classification, beforeBatch }) : undefined;
}

/** Nothing is said about keys by a run that did not come to its end, or that opened nothing. */
function isThrough({ status }: RotationEnding): boolean {
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
async function rotateAtOnce(rotation: Rotation, course: Course): Promise<void> {
  const { queryRunner, limits, users } = rotation;
  const attempt = new TotpRotationTally();
  // What is deferred runs after each batch then, within its time-out, and not for all users at once.
  const mode = users.isActedOn
    ? { ...writingMode(limits), opening: [RUN_DEFERRED] }
    : writingMode(limits, BY_PRIMARY_KEY);
  await inTransaction(queryRunner, mode, async () => {
    await rotateAll(walkOf(rotation, attempt));
    assertCommittable(attempt, namesOfActors(users));
    await assertLease(rotation);
  });
  course.tally = attempt;
  course.isCommitted = true;
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
      rotation.onStep?.({ phase: 'rotating', secrets, written: rotated + encryptedPlaintext });
    },
  };
}

async function verify(rotation: Rotation): Promise<VerificationCount> {
  const { plan, assertGoing, onStep } = rotation;
  return verifySecrets({
    store: new SecretStoreInTransaction(rotation),
    keyring: plan.keyring,
    beforeBatch: async () => assertGoing(),
    onPage: ({ secrets }) => onStep?.({ phase: 'reading-back', secrets, written: 0 }),
  });
}

async function lookElsewhere({ queryRunner, users }: Rotation, secrets: number): Promise<readonly string[]> {
  return secrets > 0 ? [] : otherSecretTables(queryRunner, users.table);
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

/** Undefined when the work came to its end. */
async function whatEnded(
  { plan }: Rotation,
  course: Course,
  work: () => Promise<void>,
): Promise<RotationEnding | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isInterruption(error, plan.signal)) {
      return { status: 'stopped' };
    }
    return course.isCommitted ? unverified(error) : { status: 'failed', error: rotationFailure(error, plan.mode) };
  }
}

function result(
  tally: TotpRotationTally,
  { isSafe, ...ending }: RotationEnding & { readonly isSafe: boolean },
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
