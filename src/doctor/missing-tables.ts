import type { MappedTable } from '../database/mapped-table.js';
import type { DoctorCheck } from './doctor-report.js';

/** Reports tables that are not there: one may belong to a feature that is not installed, all of them may not. */
export function missingTableChecks(
  missing: readonly MappedTable[],
  { database, role, hasAny }: { readonly database: string; readonly role: string; readonly hasAny: boolean },
): DoctorCheck[] {
  if (!hasAny) {
    const names = missing.map(({ tableName }) => tableName).join(', ');
    return [
      {
        name: 'tables',
        level: 'problem',
        message: `the database "${database}" shows role "${role}" none of Tenxyte's tables (looked for ${names}): every run is refused`,
        whatToDo: 'check that this is the right database, its search_path, and that the role has usage on the schema',
      },
    ];
  }
  return missing.map(({ tableName, sqlName }) => ({
    name: 'table',
    level: 'advice',
    subject: tableName,
    message: `there is no table ${sqlName}: runs skip it`,
    whatToDo:
      'nothing when this Tenxyte lacks the feature; otherwise check search_path, or map the entity to the right table (entities)',
  }));
}

/** Reports that this package's own table is not there yet. */
export function missingRunsCheck({ tableName }: MappedTable): DoctorCheck {
  return {
    name: 'table',
    level: 'advice',
    subject: tableName,
    message: `there is no table ${tableName} yet: the first start-up or run creates it, when the role may create a schema`,
    whatToDo:
      'nothing when it may; otherwise run "tenxyte-maintenance migrate" with a role that may, and grant what it says',
  };
}

/** Reports that the table of a host's own target is missing, which the options say is there. */
export function missingHostTableCheck({ tableName, sqlName }: MappedTable): DoctorCheck {
  return {
    name: 'table',
    level: 'problem',
    subject: tableName,
    message: `there is no table ${sqlName}, which cleanup.targets asks for: runs skip it`,
    whatToDo: "run the application's migrations, check search_path, or take the target out of cleanup.targets",
  };
}
