import type { MaintenanceCommand } from '../maintenance-command.js';
import { checkHeartbeatsCommand } from './check-heartbeats.command.js';
import { cleanupCommand } from './cleanup.command.js';
import { doctorCommand } from './doctor.command.js';
import { generateTotpKeyCommand } from './generate-totp-key.command.js';
import { historyCommand } from './history.command.js';
import { migrateCommand } from './migrate.command.js';
import { rotateTotpKeyCommand } from './rotate-totp-key.command.js';
import { scanDependenciesCommand } from './scan-dependencies.command.js';
import { statusCommand } from './status.command.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly MaintenanceCommand[] = [
  cleanupCommand,
  checkHeartbeatsCommand,
  rotateTotpKeyCommand,
  generateTotpKeyCommand,
  scanDependenciesCommand,
  statusCommand,
  historyCommand,
  doctorCommand,
  migrateCommand,
];
