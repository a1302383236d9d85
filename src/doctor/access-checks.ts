import type { DoctorCheck } from './doctor-report.js';
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

/** Checks row level security: a run would silently miss the rows it hides. */
export function rowSecurityChecks(
  { subject, role, sqlRole }: AccessSubject,
  heaps: readonly HeapAccess[],
): DoctorCheck[] {
  const secured = heaps.filter(({ isRowSecurityActive }) => isRowSecurityActive);
  if (secured.length === 0) {
    return [];
  }
  return [
    {
      name: 'row-security',
      level: 'problem',
      subject,
      message: `row level security applies to role "${role}" on ${namesOf(secured)}: due rows that a policy hides would silently stay`,
      whatToDo: `alter role ${sqlRole} bypassrls; or connect as the owner of the table`,
    },
  ];
}

function namesOf(heaps: readonly HeapAccess[]): string {
  return heaps.map(({ sqlName }) => sqlName).join(', ');
}
