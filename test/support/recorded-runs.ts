import type { TestDatabase } from './test-database.js';

/** A run as the runs table holds it. */
export interface RecordedRun {
  readonly id: string;
  readonly task: string;
  readonly slot: Date | null;
  readonly trigger: string;
  readonly owner: string;
  readonly status: string;
  readonly report: {
    readonly status: string;
    readonly rows?: number;
    readonly rotated?: number;
    readonly encryptedPlaintext?: number;
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Every recorded run, the oldest first. */
export async function recordedRuns(database: Pick<TestDatabase, 'query'>): Promise<RecordedRun[]> {
  return database.query<RecordedRun>(
    `select id::text, task, slot, trigger, owner, status, report, error
     from tenxyte_maintenance.runs
     order by started_at, id`,
  );
}
