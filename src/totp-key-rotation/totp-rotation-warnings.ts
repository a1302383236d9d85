import { Inject, Injectable } from '@nestjs/common';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { countOf } from '../text/format.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';
import type { TotpKeyRotationEvents } from './totp-key-rotation.events.js';
import { type CompleteTotpSettings, TOTP_SETTINGS } from './totp-settings.js';

const task = 'totp-key-rotation';

/** As much of a report as there is to warn of. */
type RotationFindings = Pick<
  TotpKeyRotationReport,
  'runId' | 'dryRun' | 'leftPlaintext' | 'undecryptableUserIds' | 'keyInUseSince' | 'keyAgeDays'
>;

/**
 * Warns of what a rotation found: secrets that are not encrypted, and a key that is too old. Those that cannot be opened stand in the run's
 * last line.
 */
@Injectable()
export class TotpRotationWarnings {
  public constructor(
    @Inject(TOTP_SETTINGS) private readonly settings: CompleteTotpSettings,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<TotpKeyRotationEvents>,
  ) {}

  /** Logs a line for each kind of finding and emits the events; those about secrets for the users that the report lists. */
  public of(report: RotationFindings): void {
    this.warnOfPlaintext(report);
    this.warnOfAge(report);
    const { runId, undecryptableUserIds } = report;
    for (const userId of undecryptableUserIds) {
      this.events.emit('tenxyte-maintenance.totp.secret-undecryptable', { runId, userId });
    }
  }

  private warnOfPlaintext({ runId, leftPlaintext }: RotationFindings): void {
    if (leftPlaintext > 0) {
      const subject = leftPlaintext === 1 ? '1 TOTP secret is' : `${leftPlaintext} TOTP secrets are`;
      this.log.write('warn', {
        text: `${task} ${runId}: ${subject} not encrypted: docs/totp-key-rotation.md says what to do about plain secrets`,
        fields: { event: 'totp.plaintext', task, runId, leftPlaintext },
      });
    }
  }

  private warnOfAge({ runId, dryRun, keyInUseSince, keyAgeDays }: RotationFindings): void {
    const { maxKeyAgeDays } = this.settings;
    if (dryRun || keyInUseSince === null || keyAgeDays === null || maxKeyAgeDays === 0 || keyAgeDays <= maxKeyAgeDays) {
      return;
    }
    this.log.write('warn', {
      text:
        `${task} ${runId}: the first TOTP key has been in use for ${countOf(keyAgeDays, 'day')}, longer than totp.maxKeyAgeDays (${maxKeyAgeDays}): ` +
        'create a new one with "tenxyte-maintenance generate-totp-key" and put it before this one',
      fields: { event: 'totp.key-too-old', task, runId, keyInUseSince, keyAgeDays, maxKeyAgeDays },
    });
    this.events.emit('tenxyte-maintenance.totp.key-too-old', { runId, keyInUseSince, keyAgeDays, maxKeyAgeDays });
  }
}
