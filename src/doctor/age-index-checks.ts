import type { QueryRunner } from 'typeorm';
import { findLeadingIndexes } from '../batches/leading-indexes.js';
import type { CleanupTarget } from '../cleanup/targets/define-cleanup-target.js';
import { ageProperties } from '../cleanup/targets/due-predicate.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { DoctorCheck } from './doctor-report.js';
import type { HeapAccess } from './heap-access.js';

const BYTES_PER_MIB = 1024 * 1024;

/**
 * Advises an index on the age column of large heaps that have none. Runs need none: they walk the heap, which costs the same
 * whether one row is due or all are.
 */
export async function ageIndexChecks(
  queryRunner: QueryRunner,
  { target, table }: { readonly target: CleanupTarget; readonly table: MappedTable },
  largeHeaps: readonly HeapAccess[],
): Promise<DoctorCheck[]> {
  const [property, ...others] = ageProperties(target.dueWhen);
  if (property === undefined || others.length > 0) {
    return [];
  }
  const checks: DoctorCheck[] = [];
  for (const heap of largeHeaps) {
    const indexes = await findLeadingIndexes(queryRunner, heap, [table.column(property)]);
    if (indexes.size === 0) {
      checks.push(advice(table.tableName, heap, { name: table.column(property), sqlName: table.sqlColumn(property) }));
    }
  }
  return checks;
}

function advice(
  subject: string,
  heap: HeapAccess,
  column: { readonly name: string; readonly sqlName: string },
): DoctorCheck {
  const size = `${Math.round(heap.bytes / BYTES_PER_MIB).toLocaleString('en-US')} MiB`;
  return {
    name: 'age-index',
    level: 'advice',
    subject,
    message: `${heap.sqlName} has ${size} and no index that starts with ${column.name}: every run reads all of it, however little is due`,
    whatToDo: `if runs take too long: create index concurrently on ${heap.sqlName} (${column.sqlName});`,
  };
}
