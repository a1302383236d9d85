import { MAINTENANCE_TASKS } from '../../maintenance-tasks.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { cancelCommand } from './cancel.command.js';
import { doctorCommand } from './doctor.command.js';
import { generateTotpKeyCommand } from './generate-totp-key.command.js';
import { historyCommand } from './history.command.js';
import { HOLD_COMMANDS } from './hold.commands.js';
import { initCommand } from './init.command.js';
import { migrateCommand } from './migrate.command.js';
import { PAUSE_COMMANDS } from './pause.commands.js';
import { policyDocumentCommand } from './policy-document.command.js';
import { policyExplainCommand } from './policy-explain.command.js';
import { statusCommand } from './status.command.js';
import { taskCommand } from './task.command.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly MaintenanceCommand[] = [
  ...MAINTENANCE_TASKS.flatMap((task) =>
    task.name === 'totp-key-rotation' ? [taskCommand(task), generateTotpKeyCommand] : [taskCommand(task)],
  ),
  statusCommand,
  historyCommand,
  cancelCommand,
  ...PAUSE_COMMANDS,
  doctorCommand,
  policyExplainCommand,
  policyDocumentCommand,
  ...HOLD_COMMANDS,
  migrateCommand,
  initCommand,
];
