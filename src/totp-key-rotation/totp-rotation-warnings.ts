import { Inject, Injectable, Logger } from '@nestjs/common';
import { MaintenanceEvents } from '../observability/maintenance-events.js';
import type { ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import { MAINTENANCE_OPTIONS } from '../options/maintenance-options.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

/** Warns of what a rotation found: secrets that cannot be opened or are not encrypted, and a key that is too old. */
@Injectable()
export class TotpRotationWarnings {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents,
  ) {}

  /** Logs a line for each kind of finding and emits the events; those about secrets for the users that the report lists. */
  public of(report: TotpKeyRotationReport): void {
    this.warnOfSecrets(report);
    this.warnOfAge(report);
  }

  private warnOfSecrets({ runId, status, undecryptableUserIds, leftPlaintext, error }: TotpKeyRotationReport): void {
    const about = `totp-key-rotation ${runId}:`;
    if (status === 'partial' && error !== undefined) {
      this.logger.warn(`${about} ${error.message}`);
    }
    if (leftPlaintext > 0) {
      this.logger.warn(
        `${about} ${leftPlaintext} TOTP secrets are not encrypted: encryptPlaintext (--encrypt-plaintext) encrypts those that fit`,
      );
    }
    for (const userId of undecryptableUserIds) {
      this.events.emit('tenxyte-maintenance.totp.secret-undecryptable', { runId, userId });
    }
  }

  private warnOfAge({ runId, dryRun, keyInUseSince, keyAgeDays }: TotpKeyRotationReport): void {
    const { maxKeyAgeDays } = this.options.totp;
    if (dryRun || keyInUseSince === null || keyAgeDays === null || maxKeyAgeDays === 0 || keyAgeDays <= maxKeyAgeDays) {
      return;
    }
    this.logger.warn(
      `totp-key-rotation ${runId}: the first TOTP key has been in use for ${keyAgeDays} days, longer than totp.maxKeyAgeDays (${maxKeyAgeDays}): ` +
        'create a new one with "tenxyte-maintenance generate-totp-key" and put it before this one',
    );
    this.events.emit('tenxyte-maintenance.totp.key-too-old', { runId, keyInUseSince, keyAgeDays, maxKeyAgeDays });
  }
}
