import type { ReportedError } from '../contract/task-report.js';
import { reportedCode } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import type { TotpRotationResult } from './totp-rotation-plan.js';
import type { TotpRotationTally } from './totp-rotation-tally.js';
import type { TotpRotationMode } from './totp-settings.js';

const CONSEQUENCES: Readonly<Record<TotpRotationMode, string>> = {
  rolling: 'what was written stays, every secret can be read with the keys of the list, and the next run goes on',
  atomic: 'every secret is as it was, unless the answer to the commit was lost: run it again',
};

/** The report's code and sentence for whatever ended a rotation. */
export function rotationFailure(error: unknown, mode: TotpRotationMode): ReportedError {
  return { code: reportedCode(error), message: `${errorMessage(error)}; ${CONSEQUENCES[mode]}` };
}

/** How a rotation ended that came to its end: a secret that is not under the first key then is no success. */
export function shortcoming(
  { rotated, alreadyCurrent, undecryptable, undecryptableUserIds, heldUsers }: TotpRotationTally,
  writtenMeanwhile: number,
): Pick<TotpRotationResult, 'status' | 'error'> {
  if (undecryptable > 0 && rotated + alreadyCurrent === 0) {
    const message = `None of the keys opens any of the ${undecryptable} encrypted secrets: are these the keys of this database?`;
    return { status: 'failed', error: { code: 'TOTP_KEYS_WRONG', message } };
  }
  if (undecryptable > 0) {
    return partial('TOTP_UNDECRYPTABLE', undecryptableMessage(undecryptable, undecryptableUserIds));
  }
  if (heldUsers > 0) {
    const whose = heldUsers === 1 ? 'The secret of 1 user was' : `The secrets of ${heldUsers} users were`;
    const message = `${whose} held or changed by somebody else each time: the next run takes what is left`;
    return partial('USERS_HELD', message);
  }
  if (writtenMeanwhile > 0) {
    const subject =
      writtenMeanwhile === 1
        ? '1 secret that needs an older key was'
        : `${writtenMeanwhile} secrets that need an older key were`;
    const message =
      `${subject} written meanwhile: ` +
      'does a process still run with another first key? Bring every process to the same keys, then run it again';
    return partial('PREVIOUS_KEY_IN_USE', message);
  }
  return { status: 'succeeded' };
}

function partial(code: string, message: string): Pick<TotpRotationResult, 'status' | 'error'> {
  return { status: 'partial', error: { code, message } };
}

const NAMED_USERS = 10;

function undecryptableMessage(count: number, userIds: readonly string[]): string {
  const named = userIds.slice(0, NAMED_USERS).join(', ');
  const rest = count > NAMED_USERS ? ` and ${count - NAMED_USERS} more` : '';
  const subject = count === 1 ? '1 secret is' : `${count} secrets are`;
  return `${subject} opened by none of the keys and left alone, of the users with id ${named}${rest}: a key is missing from the list, or damage was done`;
}
