import { findStoredTable } from '../database/stored-table.js';
import type { AgentExamination } from './agent-examination.js';
import type { DoctorCheck } from './doctor-report.js';
import { identityChecks, readHeapsWithoutIdentity } from './replica-identity-checks.js';

/** Examines whether users can be written to where updates of them are published; undefined when there is no such table. */
export async function examineUsers({
  queryRunner,
  table,
  versionNumber,
}: Pick<AgentExamination, 'queryRunner' | 'table' | 'versionNumber'>): Promise<readonly DoctorCheck[] | undefined> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const published = { change: 'update', versionNumber } as const;
  const heaps = await readHeapsWithoutIdentity(queryRunner, stored.heaps, published);
  return identityChecks(table.tableName, 'rotation', heaps);
}
