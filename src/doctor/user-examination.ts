import { findStoredTable } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import { findUsersTable, otherSecretTables } from '../totp-key-rotation/secrets/users-table.js';
import { rowSecurityChecks } from './access-checks.js';
import type { AgentExamination } from './agent-examination.js';
import { userAttachedChecks } from './attached-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import { identityChecks, readHeapsWithoutIdentity } from './replica-identity-checks.js';
import { inOrder, relationChecks } from './target-examination.js';

type UserExamination = AgentExamination & { readonly assertOwner: OwnerAssertion };

/**
 * Examines the table of users as the rotation of TOTP keys needs it, and whether another table looks as if it were the one; undefined when
 * there is no such table, nor one that looks like it.
 */
export async function examineUsers(examination: UserExamination): Promise<readonly DoctorCheck[] | undefined> {
  const { dataSource, queryRunner, table, role, versionNumber } = examination;
  const stored = await findStoredTable(queryRunner, table);
  const others = otherTableChecks(examination, await otherSecretTables(queryRunner, table), stored !== undefined);
  if (stored === undefined) {
    return others.length > 0 ? others : undefined;
  }
  const relation = relationChecks(table, stored);
  if (relation.length > 0) {
    return [...relation, ...others];
  }
  const who = { subject: table.tableName, role, sqlRole: dataSource.driver.escape(role) };
  const published = { change: 'update', versionNumber } as const;
  const findings = [
    ...(await rotationChecks(examination, who.sqlRole)),
    ...rowSecurityChecks(who, stored),
    ...identityChecks(
      table.tableName,
      'rotation',
      await readHeapsWithoutIdentity(queryRunner, stored.heaps, published),
    ),
  ];
  const attached = userAttachedChecks(table.tableName, stored.attached);
  return [...(findings.length > 0 ? findings : [inOrder(table, stored)]), ...attached, ...others];
}

/** An empty table that was left over would be taken for that of a Tenxyte without two-factor authentication. */
function otherTableChecks(
  { table }: Pick<UserExamination, 'table'>,
  others: readonly string[],
  isThere: boolean,
): readonly DoctorCheck[] {
  const column = table.column('totpSecret');
  return others.map((name) => ({
    name: 'secrets',
    level: isThere ? 'advice' : 'problem',
    subject: table.tableName,
    message: isThere
      ? `${name} has a column for TOTP secrets too: the rotation works on ${table.sqlName}.${column} alone`
      : `there is no table ${table.sqlName}, so rotations are skipped, but ${name} has a column for TOTP secrets`,
    whatToDo: `nothing when ${name} holds no secrets of users; otherwise map the entity to it (entities.User)`,
  }));
}

/** Asks the rotation itself, so that the doctor demands what it demands. */
async function rotationChecks(
  { queryRunner, table, assertOwner }: UserExamination,
  sqlRole: string,
): Promise<readonly DoctorCheck[]> {
  try {
    await findUsersTable(queryRunner, table, { isDryRun: false, assertOwner });
    return [];
  } catch (error) {
    if (!(error instanceof MaintenanceError)) {
      throw error;
    }
    if (error.code === 'ROW_SECURITY') {
      return [];
    }
    const grants = error.context['grants'];
    const message = error.message.replace(/\. No secret was touched$/, ': every rotation is refused');
    const finding = { level: 'problem', subject: table.tableName, message } as const;
    return [
      Array.isArray(grants)
        ? { ...finding, name: 'privileges', whatToDo: grants.map((grant) => `grant ${grant} to ${sqlRole};`).join(' ') }
        : {
            ...finding,
            name: error.code === 'UNEXPECTED_OWNER' ? 'owner' : 'columns',
            whatToDo: 'map the entity to the table of the users (entities.User), or see what the message says',
          },
    ];
  }
}
