import type { HeldRow } from '../../holds/hold-requests.js';
import type { HoldPlacement, LegalHold } from '../../holds/legal-hold.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { heldRowText, holdListText, holdText, placedText, releasedText } from '../output/hold-text.js';
import { declareHoldFlags, inFlagWords, requestOf } from './hold-flags.js';

const SCOPE = ['target', 'user', 'identifiers', 'application', 'organization', 'created-from', 'created-to'] as const;
const PLACEMENT = ['case', 'reason', 'by', ...SCOPE, 'review'] as const;
const RELEASE = ['reason', 'by'] as const;
const ROW = ['target', 'user', 'identifier', 'agent-token', 'application', 'organization', 'created'] as const;

const holdPlaceCommand: MaintenanceCommand = {
  name: 'hold place',
  task: 'hold place',
  summary: 'place a legal hold: from its end on nothing that it holds is deleted',
  examples: ['--user 5 --case C-17 --reason suit --by Ann', '--organization 7 --case 1 --reason tax --by Ann'],
  declare: (command) => {
    declareHoldFlags(command, PLACEMENT);
    command.option('--everything', 'every row of every target, where the hold names nothing else');
  },
  plan: (command) => {
    const { by, ...named } = requestOf(command, PLACEMENT);
    const everything = command.getOptionValue('everything') === true;
    const request = { ...named, placedBy: by, ...(everything ? { everything } : {}) } as unknown as HoldPlacement;
    return async ({ maintenance }) => {
      const { holds } = maintenance;
      const hold = await inFlagWords(() => holds.place(request));
      // The hold is in force, even where nobody can be asked any more what it means.
      const details = await holds.show(hold.id).catch((): LegalHold => hold);
      return {
        report: { task: 'hold place', status: 'succeeded', hold: details },
        text: (paint) => placedText(details, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

const holdListCommand: MaintenanceCommand = {
  name: 'hold list',
  task: 'hold list',
  summary: 'list the legal holds in force',
  examples: ['', '--ended --json'],
  declare: (command) => {
    command.option('--ended', 'list those that are over, too');
  },
  plan: (command) => {
    const ended = command.getOptionValue('ended') === true;
    return async ({ maintenance }) => {
      const holds = await maintenance.holds.list({ ended });
      return {
        report: { task: 'hold list', status: 'succeeded', holds },
        text: (paint) => holdListText(holds, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

const holdShowCommand: MaintenanceCommand = {
  name: 'hold show',
  task: 'hold show',
  summary: 'show a legal hold with what it comes to and what happened to it',
  examples: ['7f6c2c0e'],
  declare: (command) => {
    command.argument('<hold>', 'its id, or the first eight characters of it or more');
  },
  plan: (command) => {
    const id = command.args[0] as string;
    return async ({ maintenance }) => {
      const hold = await inFlagWords(() => maintenance.holds.show(id));
      return {
        report: { task: 'hold show', status: 'succeeded', hold },
        text: (paint) => holdText(hold, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

const holdExplainCommand: MaintenanceCommand = {
  name: 'hold explain',
  task: 'hold explain',
  summary: 'tell which legal holds hold a row with some properties',
  examples: ['--target audit_logs --user 5', '--target login_attempts --identifier ann'],
  declare: (command) => {
    declareHoldFlags(command, ROW);
  },
  plan: (command) => {
    const row = requestOf(command, ROW) as unknown as HeldRow;
    return async ({ maintenance }) => {
      const holds = await inFlagWords(() => maintenance.holds.explain(row));
      return {
        report: { task: 'hold explain', status: 'succeeded', isHeld: holds.length > 0, holds },
        text: (paint) => heldRowText(holds, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

const holdReleaseCommand: MaintenanceCommand = {
  name: 'hold release',
  task: 'hold release',
  summary: 'release a legal hold for good; it ends after its cool-down',
  examples: ['7f6c2c0e --reason settled --by Ann'],
  declare: (command) => {
    command.argument('<hold>', 'its id, or the first eight characters of it or more');
    declareHoldFlags(command, RELEASE);
  },
  plan: (command) => {
    const id = command.args[0] as string;
    const { reason, by } = requestOf(command, RELEASE);
    const request = { reason, releasedBy: by } as { reason: string; releasedBy: string };
    return async ({ maintenance }) => {
      const hold = await inFlagWords(() => maintenance.holds.release(id, request));
      return {
        report: { task: 'hold release', status: 'succeeded', hold },
        text: (paint) => releasedText(hold, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

/** `tenxyte-maintenance hold …` */
export const HOLD_COMMANDS: readonly MaintenanceCommand[] = [
  holdPlaceCommand,
  holdListCommand,
  holdShowCommand,
  holdExplainCommand,
  holdReleaseCommand,
];
