import type { SchemaMigration } from '../../tasks/runs/runs-schema.js';
import type { CommandOutcome } from '../command-outcome.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';

/** `tenxyte-maintenance migrate` */
export const migrateCommand: MaintenanceCommand = {
  name: 'migrate',
  task: 'migrate',
  summary: 'create or update the schema that this package owns; run again, it changes nothing',
  examples: [''],
  declare: () => undefined,
  plan:
    () =>
    async ({ maintenance, interruption }) => {
      interruption.enter('the schema was being migrated', 'that was kept whole or not at all: run it again to know');
      return outcomeOf(await maintenance.migrate());
    },
};

function outcomeOf(migration: SchemaMigration): CommandOutcome {
  return {
    report: { task: 'migrate', status: 'succeeded', ...migration },
    text: (paint) => `${paint('green', 'succeeded')}: ${sentence(migration)}`,
    exitCode: EXIT_CODE.done,
  };
}

function sentence({ schema, from, to }: SchemaMigration): string {
  if (from >= to) {
    return `the schema ${schema} is of version ${from} already`;
  }
  return from === 0
    ? `created the schema ${schema}, version ${to}`
    : `updated the schema ${schema} from version ${from} to ${to}`;
}
