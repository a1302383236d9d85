import { errorMessage } from '../errors/error-message.js';
import { RetentionBoundsError } from '../errors/retention-bounds.error.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { RetentionSettings } from '../retention/retention-settings.js';
import type { CompleteTotpSettings } from '../totp-key-rotation/totp-settings.js';
import { withoutUndefined } from '../validation/settings-section.js';
import type { DoctorCheck } from './doctor-report.js';

/** Counts the TOTP keys. Neither a key nor anything that is made of one is shown. */
export function totpKeysCheck({ keys }: CompleteTotpSettings): DoctorCheck {
  const count = keys.length;
  const message =
    count === 0
      ? 'no totp.keys are configured here: TOTP secrets are not rotated'
      : `${count} configured: the first encrypts, ${count === 1 ? 'and it alone decrypts' : 'all decrypt'}`;
  return { name: 'totp-keys', level: 'ok', message };
}

/** Checks the retention policy, which is asked for as a run would. */
export async function retentionCheck(
  { retentionBounds }: RetentionSettings,
  ask: () => Promise<CompleteRetentionPolicy>,
): Promise<DoctorCheck> {
  try {
    await ask();
    const bounded = Object.keys(withoutUndefined(retentionBounds));
    const message =
      bounded.length === 0
        ? 'the policy is valid; no retentionBounds are set'
        : `the policy is valid and within retentionBounds (${bounded.join(', ')})`;
    return { name: 'retention', level: 'ok', message };
  } catch (error) {
    return {
      name: 'retention',
      level: 'problem',
      message: `every cleanup is refused: ${errorMessage(error)}`,
      whatToDo:
        error instanceof RetentionBoundsError
          ? 'bring the policy within retentionBounds, or change the bounds'
          : 'cure the retention provider: every run asks it',
    };
  }
}
