import { Inject, Injectable } from '@nestjs/common';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { countOf } from '../text/format.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

/** Warns of what a rotation found: secrets that are not encrypted, and a key that is too old. Those that cannot be opened stand in the run's last line. */
@Injectable()
export class TotpRotationWarnings {
  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents,
  ) {}

  /** Logs a line for each kind of finding and emits the events; those about secrets for the users that the report lists. */
  public of(report: TotpKeyRotationReport): void {
    this.warnOfPlaintext(report);
    this.warnOfAge(report);
    const { runId, undecryptableUserIds } = report;
    for (const userId of undecryptableUserIds) {
      this.events.emit('tenxyte-maintenance.totp.secret-undecryptable', { runId, userId });
    }
  }

  private warnOfPlaintext({ task, runId, leftPlaintext }: TotpKeyRotationReport): void {
    if (leftPlaintext > 0) {
      const subject = leftPlaintext === 1 ? '1 TOTP secret is' : `${leftPlaintext} TOTP secrets are`;
      this.log.write('warn', {
        text: `${task} ${runId}: ${subject} not encrypted: encryptPlaintext (--encrypt-plaintext) encrypts what fits`,
        fields: { event: 'totp.plaintext', task, runId, leftPlaintext },
      });
    }
  }

  private warnOfAge({ task, runId, dryRun, keyInUseSince, keyAgeDays }: TotpKeyRotationReport): void {
    const { maxKeyAgeDays } = this.options.totp;
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
