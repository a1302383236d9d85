import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import type { CleanupTarget } from '../cleanup/targets/define-cleanup-target.js';
import { requiredColumns } from '../cleanup/targets/due-predicate.js';
import type { MappedTable } from '../database/mapped-table.js';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import type { CompleteCleanupSettings } from '../cleanup/cleanup-settings.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import { attachedChecks } from './attached-checks.js';
import { privilegeChecks, rowSecurityChecks } from './access-checks.js';
import { ageIndexChecks } from './age-index-checks.js';
import { columnChecks } from './column-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import type { DoctorThresholds } from './doctor-thresholds.js';
import { readHeapAccess } from './heap-access.js';
import { identityChecks, readHeapsWithoutIdentity } from './replica-identity-checks.js';

export interface TargetExamination {
  readonly queryRunner: QueryRunner;
  readonly target: CleanupTarget;
  readonly table: MappedTable;
  readonly role: string;
  /** As in `server_version_num`. */
  readonly versionNumber: number;
  readonly thresholds: DoctorThresholds;
  readonly settings: Pick<CompleteCleanupSettings, 'acknowledge'>;
  /** Undefined for this package's own table, and those of a host's own targets. */
  readonly assertOwner: OwnerAssertion | undefined;
}

/** Examines the table of one target: its findings, or that it is in order; undefined when there is no such table. */
export async function examineTarget(examination: TargetExamination): Promise<readonly DoctorCheck[] | undefined> {
  const { queryRunner, table } = examination;
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const findings = [
    ...relationChecks(table, stored),
    ...(await heapChecks(examination, stored)),
    ...(await ownerChecks(examination, stored)),
  ];
  const attached = attachedChecks(table.tableName, stored.attached, examination.settings);
  return [...(findings.length > 0 ? findings : [inOrder(table, stored)]), ...attached];
}

async function heapChecks(examination: TargetExamination, stored: StoredTable): Promise<DoctorCheck[]> {
  const { queryRunner, target, table, role, versionNumber, thresholds } = examination;
  if (stored.heaps.length === 0) {
    return [];
  }
  const heaps = await readHeapAccess(queryRunner, stored.heaps, columnsToRead(target, table, stored));
  const who = { subject: table.tableName, role, sqlRole: pg.escapeIdentifier(role) };
  const published = { change: 'delete', versionNumber } as const;
  const largeHeaps = heaps.filter(({ bytes }) => bytes > thresholds.largeHeapBytes);
  return [
    ...columnChecks(target, table, stored),
    ...privilegeChecks(who, heaps),
    ...rowSecurityChecks(who, stored),
    ...identityChecks(
      table.tableName,
      'deletion',
      await readHeapsWithoutIdentity(queryRunner, stored.heaps, published),
    ),
    ...(await ageIndexChecks(queryRunner, { target, table }, largeHeaps)),
  ];
}

/** The columns that a run reads: the row's place, and those that decide whether it is due. Missing ones are another finding. */
function columnsToRead(target: CleanupTarget, table: MappedTable, stored: StoredTable): readonly string[] {
  const needed = requiredColumns(target.dueWhen).map(({ property }) => table.column(property));
  return ['ctid', ...needed.filter((column) => stored.columnTypes.has(column))];
}

/** Asks what a run asks, so that the doctor demands what it demands. */
async function ownerChecks(
  { queryRunner, table, assertOwner }: TargetExamination,
  stored: StoredTable,
): Promise<DoctorCheck[]> {
  try {
    await assertOwner?.(queryRunner, stored);
    return [];
  } catch (error) {
    if (!(error instanceof MaintenanceError)) {
      throw error;
    }
    const whatToDo = "drop the table when it is none of Tenxyte's; otherwise give it to the owner of the others";
    return [{ name: 'owner', level: 'problem', subject: table.tableName, message: error.message, whatToDo }];
  }
}

/** Reports the parts of a table that are no tables. */
export function relationChecks({ tableName }: MappedTable, { notTables }: StoredTable): DoctorCheck[] {
  return notTables.map(({ sqlName, kind }) => ({
    name: 'table',
    level: 'problem',
    subject: tableName,
    message: `${sqlName} is a ${kind}, which cannot be cleaned safely`,
    whatToDo: 'map the entity to the table behind it (entities), or detach the part that is none',
  }));
}

/** Reports a table without findings. */
export function inOrder({ tableName }: MappedTable, { heaps }: StoredTable): DoctorCheck {
  const parts = heaps.length === 1 ? '' : ` in all ${heaps.length} of its partitions`;
  return {
    name: 'table',
    level: 'ok',
    subject: tableName,
    message: `columns, types and privileges are as needed${parts}`,
  };
}
