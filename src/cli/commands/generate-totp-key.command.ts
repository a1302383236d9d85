import { FernetKey } from '../../totp-key-rotation/fernet/fernet-key.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';

/** `tenxyte-maintenance generate-totp-key` */
export const generateTotpKeyCommand: MaintenanceCommand = {
  name: 'generate-totp-key',
  task: 'generate-totp-key',
  summary: 'print a new random TOTP key, and nothing else',
  examples: [''],
  declare: () => undefined,
  planUnconnected: () => async () => {
    const key = FernetKey.generate();
    return { report: { key }, text: () => key, exitCode: EXIT_CODE.done };
  },
};
