import { failure, type ReportedError } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import { reportedCode } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { TotpRotationResult } from './totp-rotation-plan.js';
import type { TotpRotationTally } from './totp-rotation-tally.js';
import type { TotpRotationMode } from './totp-settings.js';
import type { VerificationCount } from './verification.js';

/** How a rotation ended. */
export type RotationEnding = Pick<TotpRotationResult, 'status' | 'error'>;

/** What was written between the rotation and its read-back, by others or behind its back. */
export interface Aftermath {
  /** Secrets that need an older key. */
  readonly underOthers: number;
  readonly plain: number;
  /** Secrets that none of the keys opens. */
  readonly unreadable: number;
  /** Whose they are, as far as they can be told from those that were so before. */
  readonly unreadableUserIds: readonly string[];
}

/** Nothing was written meanwhile, or nothing was looked for. */
export const NO_AFTERMATH: Aftermath = { underOthers: 0, plain: 0, unreadable: 0, unreadableUserIds: [] };

/** Tells what the read-back found beyond what the rotation left. */
export function aftermathOf(tally: TotpRotationTally, found: VerificationCount): Aftermath {
  const before = new Set(tally.undecryptableUserIds);
  const isListed = tally.undecryptable === before.size;
  const unreadableUserIds = isListed ? found.unreadableUserIds.filter((userId) => !before.has(userId)) : [];
  return {
    underOthers: found.underOthers,
    plain: Math.max(0, found.plain - tally.leftPlaintext),
    unreadable: Math.max(0, found.unreadable - tally.undecryptable, unreadableUserIds.length),
    unreadableUserIds,
  };
}

const CONSEQUENCES: Readonly<Record<TotpRotationMode, string>> = {
  rolling: 'what was written stays, every secret can be read with the keys of the list, and the next run goes on',
  atomic: 'every secret is as it was, unless the answer to the commit was lost: run it again',
};

/** The report's code and sentence for whatever ended a rotation. */
export function rotationFailure(error: unknown, mode: TotpRotationMode): ReportedError {
  return failure(reportedCode(error), `${errorMessage(error)}; ${CONSEQUENCES[mode]}`);
}

/** The ending of a rotation that was committed as a whole, and could not be read back: its secrets are not as they were. */
export function unverified(error: unknown): RotationEnding {
  const message = `${errorMessage(error)}; the rotation was committed, and could not be read back: keep the previous keys, and run it again`;
  return partial(reportedCode(error), message);
}

/** How a rotation ended that came to its end: a secret that is not under the first key then is no success. */
export function shortcoming(tally: TotpRotationTally, aftermath: Aftermath, actors = ''): RotationEnding {
  const { undecryptable, undecryptableUserIds } = tally;
  // A secret that somebody held is one that a key opened, or a plain one.
  if (undecryptable > 0 && tally.rotated + tally.alreadyCurrent + tally.heldUsers === 0) {
    const message = `None of the keys opens any of the ${undecryptable} encrypted secrets: are these the keys of this database?`;
    return { status: 'failed', error: failure('TOTP_KEYS_WRONG', message) };
  }
  return (
    writtenMeanwhile(aftermath) ??
    leftBehind(tally, actors) ??
    olderKeyInUse(aftermath) ??
    // Last, as a person has to see to it, and everything else is done.
    (undecryptable > 0
      ? partial('TOTP_UNDECRYPTABLE', undecryptableMessage(undecryptable, undecryptableUserIds))
      : { status: 'succeeded' })
  );
}

/**
 * The ending of a rotation that met no secret at all; undefined when it met some. A Tenxyte whose users have no two-factor authentication is
 * as it should be, unless another table looks as if it were the one.
 */
export function withoutSecrets(
  { total }: Pick<TotpRotationTally, 'total'>,
  tableName: string,
  elsewhere: readonly string[],
): RotationEnding | undefined {
  if (total > 0) {
    return undefined;
  }
  if (elsewhere.length === 0) {
    return { status: 'succeeded' };
  }
  const message =
    `There are no secrets in ${tableName}, but ${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'has' : 'have'} a column for them too: ` +
    'where the users stand there, map that table (entities: { User: … }); drop what is left over';
  return partial('NO_SECRETS', message);
}

/** The refusal of a key that was the first one before, and that another one replaced since. */
export function reversedOrder(replacedAt: Instant): ReportedError {
  const message =
    `The first key is an older one: another key took its place on ${replacedAt.slice(0, 10)}. Nothing was touched. Do two processes have the ` +
    'same keys in opposite orders, or was an older deployment started? Give every process the newest key first (totp.keys, ' +
    'TENXYTE_TOTP_ENCRYPTION_KEY)';
  return failure('KEY_ORDER_REVERSED', message);
}

/** Throws what a transaction that holds the whole rotation must not be committed with. */
export function assertCommittable(tally: TotpRotationTally, actors: string): void {
  const { status, error } = shortcoming(tally, NO_AFTERMATH, actors);
  if (error !== undefined && (status === 'failed' || error.code === 'SECRETS_KEPT')) {
    throw new MaintenanceError(error.code, error.message);
  }
  if (tally.heldUsers > 0) {
    throw new MaintenanceError(
      'USERS_CHANGED',
      `${tally.heldUsers} users changed their secret again and again meanwhile: run it when fewer do`,
    );
  }
}

function writtenMeanwhile({ plain, unreadable, unreadableUserIds }: Aftermath): RotationEnding | undefined {
  const count = plain + unreadable;
  if (count === 0) {
    return undefined;
  }
  const subject = count === 1 ? '1 secret that is' : `${count} secrets that are`;
  const parts = [
    ...(unreadable === 0
      ? []
      : [`${unreadable} opened by none of the keys${namedUsers(unreadableUserIds, unreadable)}`]),
    ...(plain === 0 ? [] : [`${plain} plain`]),
  ];
  const message =
    `${subject} not under the keys of the list ${count === 1 ? 'was' : 'were'} written meanwhile (${parts.join(', ')}): ` +
    'does a process run without a key or with one that is missing here, or does something in the database change secrets? ' +
    'Bring every process to the same keys, then run it again';
  return partial('UNREADABLE_WRITTEN', message);
}

function leftBehind({ heldUsers, keptUsers }: TotpRotationTally, actors: string): RotationEnding | undefined {
  if (keptUsers > 0) {
    const subject = keptUsers === 1 ? '1 secret' : `${keptUsers} secrets`;
    const message = `${subject} stayed under an older key although nobody held the user: kept by ${actors}, which has to let an update of a secret pass`;
    return partial('SECRETS_KEPT', message);
  }
  if (heldUsers > 0) {
    const whose = heldUsers === 1 ? 'The secret of 1 user was' : `The secrets of ${heldUsers} users were`;
    return partial(
      'USERS_HELD',
      `${whose} held or changed by somebody else each time: the next run takes what is left`,
    );
  }
  return undefined;
}

function olderKeyInUse({ underOthers }: Aftermath): RotationEnding | undefined {
  if (underOthers === 0) {
    return undefined;
  }
  const subject =
    underOthers === 1 ? '1 secret that needs an older key was' : `${underOthers} secrets that need an older key were`;
  const message =
    `${subject} written meanwhile: does a process still run with another first key? Give every process the same keys in the same ` +
    'order (totp.keys, TENXYTE_TOTP_ENCRYPTION_KEY), restart it, and run this again; retire no key before that';
  return partial('PREVIOUS_KEY_IN_USE', message);
}

function partial(code: string, message: string): RotationEnding {
  return { status: 'partial', error: failure(code, message) };
}

const NAMED_USERS = 10;

function undecryptableMessage(count: number, userIds: readonly string[]): string {
  const named = userIds.slice(0, NAMED_USERS).join(', ');
  const rest = count > NAMED_USERS ? ` and ${count - NAMED_USERS} more` : '';
  const subject = count === 1 ? '1 secret is' : `${count} secrets are`;
  return `${subject} opened by none of the keys and left alone, of the users with id ${named}${rest}: a key is missing from the list, or damage was done`;
}

function namedUsers(userIds: readonly string[], count: number): string {
  const named = userIds.slice(0, NAMED_USERS);
  const rest = count > named.length ? ` and ${count - named.length} more` : '';
  return named.length === 0 ? '' : `, of the users with id ${named.join(', ')}${rest}`;
}
