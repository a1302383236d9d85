import type { QueryRunner } from 'typeorm';
import { expectOne } from '../database/expect-one.js';
import type { RunsSchemaState } from '../tasks/runs/runs-schema-state.js';
import { RUNS_SCHEMA_VERSION } from '../tasks/runs/runs-schema-steps.js';
import type { DoctorCheck } from './doctor-report.js';

const BYTES_PER_KIB = 1024;

/** Checks the schema. Says nothing when it is not there or not to be seen: the check of its table does. */
export function runsSchemaChecks(
  {
    state: { version, isUsable },
    schema,
    sqlSchema,
    sqlRole,
  }: {
    readonly state: RunsSchemaState;
    readonly schema: string;
    readonly sqlSchema: string;
    readonly sqlRole: string;
  },
  size: string,
): DoctorCheck[] {
  const base = { name: 'runs-schema', subject: schema } as const;
  if (version === 0) {
    return [];
  }
  if (version < RUNS_SCHEMA_VERSION) {
    const message = `the schema is of version ${version}, this release needs ${RUNS_SCHEMA_VERSION}`;
    return [{ ...base, level: 'problem', message, whatToDo: 'run "tenxyte-maintenance migrate" with its owner' }];
  }
  if (!isUsable) {
    const tables = `grant select, insert, update, delete on all tables in schema ${sqlSchema} to ${sqlRole};`;
    const message = 'the role may not read and write all of its tables, so no run can be recorded';
    return [
      { ...base, level: 'problem', message, whatToDo: `grant usage on schema ${sqlSchema} to ${sqlRole}; ${tables}` },
    ];
  }
  if (version > RUNS_SCHEMA_VERSION) {
    const message = `the schema is of version ${version}, a newer release's; this one needs ${RUNS_SCHEMA_VERSION}`;
    return [{ ...base, level: 'advice', message, whatToDo: 'bring this process to the release that the others have' }];
  }
  return [{ ...base, level: 'ok', message: `version ${version}, privileges as needed, ${size}` }];
}

/** The size of the table of runs with its indexes, in words. */
export async function readRunsSize(queryRunner: QueryRunner, runs: string): Promise<string> {
  const answer: { bytes: number }[] = await queryRunner.query(
    `
    select coalesce(
             pg_catalog.pg_total_relation_size(pg_catalog.to_regclass($1::pg_catalog.text)), 0
           )::pg_catalog.float8 as bytes`,
    [runs],
  );
  return `${Math.ceil(expectOne(answer).bytes / BYTES_PER_KIB).toLocaleString('en-US')} KiB of runs`;
}
