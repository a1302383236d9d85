import pg from 'pg';
import type { StoredTable } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { rowSecurityChecks } from './access-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import { identityChecks, readHeapsWithoutIdentity } from './replica-identity-checks.js';
import { inOrder, relationChecks, type TargetExamination } from './target-examination.js';

/** Where a table is whose rows a task updates. */
export type UpdatedTable = Pick<TargetExamination, 'queryRunner' | 'table' | 'role' | 'versionNumber'>;

/** What is asked of such a table. */
export interface UpdatingTask {
  readonly change: 'suspension' | 'rotation';
  /** The look that the task itself takes, so that the doctor demands what it demands. */
  readonly look: () => Promise<unknown>;
  /** How the message of a run that was refused ends, and what is said in its place of those to come. */
  readonly refusal: { readonly ofRun: string; readonly ofRunsToCome: string };
  /** Names a refusal by its code, but for missing privileges. */
  readonly finding: (code: string) => Pick<DoctorCheck, 'name' | 'whatToDo'>;
  readonly attachedChecks: (subject: string, attached: StoredTable['attached']) => readonly DoctorCheck[];
}

/** Examines a table as the task needs it that updates its rows. */
export async function examineUpdatedTable(
  examination: UpdatedTable,
  stored: StoredTable,
  task: UpdatingTask,
): Promise<readonly DoctorCheck[]> {
  const { queryRunner, table, role, versionNumber } = examination;
  const relation = relationChecks(table, stored);
  if (relation.length > 0) {
    return relation;
  }
  const who = { subject: table.tableName, role, sqlRole: pg.escapeIdentifier(role) };
  const published = { change: 'update', versionNumber } as const;
  const findings = [
    ...(await refusalChecks(who, task)),
    ...rowSecurityChecks(who, stored),
    ...identityChecks(
      table.tableName,
      task.change,
      await readHeapsWithoutIdentity(queryRunner, stored.heaps, published),
    ),
  ];
  const attached = task.attachedChecks(table.tableName, stored.attached);
  return [...(findings.length > 0 ? findings : [inOrder(table, stored)]), ...attached];
}

async function refusalChecks(
  { subject, sqlRole }: { readonly subject: string; readonly sqlRole: string },
  { look, refusal, finding }: UpdatingTask,
): Promise<readonly DoctorCheck[]> {
  try {
    await look();
    return [];
  } catch (error) {
    if (!(error instanceof MaintenanceError)) {
      throw error;
    }
    // Said by a check of its own.
    if (error.code === 'ROW_SECURITY') {
      return [];
    }
    const grants = error.context['grants'];
    const { message: told } = error;
    const message = told.endsWith(refusal.ofRun)
      ? `${told.slice(0, -refusal.ofRun.length)}${refusal.ofRunsToCome}`
      : told;
    return [
      {
        level: 'problem',
        subject,
        message,
        ...(Array.isArray(grants)
          ? { name: 'privileges', whatToDo: grants.map((grant) => `grant ${grant} to ${sqlRole};`).join(' ') }
          : finding(error.code)),
      },
    ];
  }
}
