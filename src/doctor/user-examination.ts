import { findStoredTable } from '../database/stored-table.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import { findUsersTable, otherSecretTables } from '../totp-key-rotation/secrets/users-table.js';
import { userAttachedChecks } from './attached-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import { examineUpdatedTable, type UpdatedTable } from './updated-table.js';

type UserExamination = UpdatedTable & { readonly assertOwner: OwnerAssertion };

/**
 * Examines the table of users as the rotation of TOTP keys needs it, and whether another table looks as if it were the one; undefined when
 * there is no such table, nor one that looks like it.
 */
export async function examineUsers(examination: UserExamination): Promise<readonly DoctorCheck[] | undefined> {
  const { queryRunner, table, assertOwner } = examination;
  const stored = await findStoredTable(queryRunner, table);
  const others = otherTableChecks(examination, await otherSecretTables(queryRunner, table), stored !== undefined);
  if (stored === undefined) {
    return others.length > 0 ? others : undefined;
  }
  const own = await examineUpdatedTable(examination, stored, {
    change: 'rotation',
    look: () => findUsersTable(queryRunner, table, { isDryRun: false, assertOwner }),
    refusal: { ofRun: '. No secret was touched', ofRunsToCome: ': every rotation is refused' },
    finding: (code) => ({
      name: code === 'UNEXPECTED_OWNER' ? 'owner' : 'columns',
      whatToDo: 'map the entity to the table of the users (entities.User), or see what the message says',
    }),
    attachedChecks: userAttachedChecks,
  });
  return [...own, ...others];
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
