import type { DoctorCheck } from './doctor-report.js';
import type { StoredTable } from '../database/stored-table.js';
import type { HeapAccess } from './heap-access.js';

/** Needed by a run; `update` because skipping locked rows locks the rest with `for update`. */
const NEEDED_PRIVILEGES = ['select', 'update', 'delete'] as const;

/** The table and the role whose access it is. */
interface AccessSubject {
  readonly subject: string;
  readonly role: string;
  readonly sqlRole: string;
}

/** Checks a role's privileges on the heaps of one table. */
export function privilegeChecks(
  { subject, role, sqlRole }: AccessSubject,
  heaps: readonly HeapAccess[],
): DoctorCheck[] {
  const lacking = NEEDED_PRIVILEGES.filter((privilege) => heaps.some((heap) => !heap[privilege]));
  if (lacking.length === 0) {
    return [];
  }
  const where = namesOf(heaps.filter((heap) => lacking.some((privilege) => !heap[privilege])));
  return [
    {
      name: 'privileges',
      level: 'problem',
      subject,
      message: `role "${role}" lacks ${lacking.join(', ')} on ${where}`,
      whatToDo: `grant ${lacking.join(', ')} on ${where} to ${sqlRole};`,
    },
  ];
}

/** Checks row level security, on the table as on its partitions: every run is refused under it. */
export function rowSecurityChecks(
  { subject, role, sqlRole }: AccessSubject,
  { securedParts }: Pick<StoredTable, 'securedParts'>,
): DoctorCheck[] {
  if (securedParts.length === 0) {
    return [];
  }
  return [
    {
      name: 'row-security',
      level: 'problem',
      subject,
      message: `row level security applies to role "${role}" on ${namesOf(securedParts)}: every run is refused, as a policy may hide due rows`,
      whatToDo: `alter role ${sqlRole} bypassrls; or connect as the owner of the table`,
    },
  ];
}

function namesOf(parts: readonly { readonly sqlName: string }[]): string {
  return parts.map(({ sqlName }) => sqlName).join(', ');
}
