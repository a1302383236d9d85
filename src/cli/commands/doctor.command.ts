import type { DoctorReport } from '../../doctor/doctor-report.js';
import { countOf } from '../../text/format.js';
import { withTotpKeysIfAny } from '../../totp-key-rotation/totp-keys-of-environment.js';
import type { CommandOutcome } from '../command-outcome.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { doctorText } from '../output/doctor-text.js';
import { redaction } from '../session/redaction.js';

/** `tenxyte-maintenance doctor` */
export const doctorCommand: MaintenanceCommand = {
  name: 'doctor',
  task: 'doctor',
  summary: 'check the connection, tables, columns, types, privileges and indexes, and say what to do',
  examples: ['', '--json'],
  declare: () => undefined,
  configure: (config, { env, output }) => {
    const hide = (secrets: readonly string[]): void => output.hide(redaction(secrets));
    const totp = withTotpKeysIfAny(config.totp, { env, hide });
    return totp === undefined ? config : { ...config, totp };
  },
  plan:
    () =>
    async ({ maintenance }) =>
      outcomeOf(await maintenance.doctor()),
};

function outcomeOf(report: DoctorReport): CommandOutcome {
  const hasProblems = report.problems > 0;
  return {
    report,
    text: (paint) => doctorText(report, paint),
    exitCode: hasProblems ? EXIT_CODE.findings : EXIT_CODE.done,
    ...(hasProblems ? { complaint: `doctor found ${countOf(report.problems, 'problem')}` } : {}),
  };
}
