/** Escapes an identifier for SQL. */
export type Escape = (identifier: string) => string;

/** The statements that bring the schema from one version to the next. Each may be run again without harm. */
type SchemaStep = (schema: string) => readonly string[];

/** The steps in order: the first makes version 1. A released step is never changed; a new one is added. */
export const RUNS_SCHEMA_STEPS: readonly SchemaStep[] = [createSchema];

/** The version that this release works with. */
export const RUNS_SCHEMA_VERSION = RUNS_SCHEMA_STEPS.length;

/** The statements that bring the schema from a version to this release's, and record each version that was reached. */
export function statementsFrom(version: number, schemaName: string, escape: Escape): string[] {
  return RUNS_SCHEMA_STEPS.slice(version).flatMap((_, index) => statementsTo(version + index + 1, schemaName, escape));
}

/** The statements that bring the schema to a version, counted from 1, from the one before it. */
export function statementsTo(version: number, schemaName: string, escape: Escape): string[] {
  const schema = escape(schemaName);
  return [
    ...(RUNS_SCHEMA_STEPS[version - 1]?.(schema) ?? []),
    `insert into ${schema}.versions (version, applied_at)
     values (${version}, now())
     on conflict (version) do nothing`,
  ];
}

/**
 * One row a run. The unique index over `(task, slot)` lets one process run a slot; the one over running rows lets one run of a task
 * go on at a time, whatever started it.
 */
function createSchema(schema: string): readonly string[] {
  return [
    `create table if not exists ${schema}.versions (
       version integer primary key,
       applied_at timestamptz not null
     )`,
    `create table if not exists ${schema}.runs (
       id uuid primary key,
       task text not null,
       slot timestamptz,
       trigger text not null,
       owner text not null,
       actor text,
       reason text,
       force boolean not null default false,
       engine text,
       engine_job text,
       protocol integer not null default 1,
       status text not null
         check (status in ('running', 'succeeded', 'partial', 'failed', 'skipped', 'stopped', 'lost')),
       started_at timestamptz not null,
       lease_expires_at timestamptz,
       finished_at timestamptz,
       cancel_requested_at timestamptz,
       stop_reason text,
       progress jsonb,
       summary text,
       report jsonb,
       error jsonb
     )`,
    `create unique index if not exists runs_slot on ${schema}.runs (task, slot)`,
    `create unique index if not exists runs_running on ${schema}.runs (task) where status = 'running'`,
    `create index if not exists runs_started on ${schema}.runs (task, started_at)`,
    `create index if not exists runs_finished on ${schema}.runs (finished_at)`,
    `create table if not exists ${schema}.schedules (
       task text primary key,
       expression text not null,
       time_zone text not null,
       since timestamptz not null
     )`,
    // One row for each TOTP key that was ever the first one, by its fingerprint: an HMAC under the key, from which nothing of it follows.
    `create table if not exists ${schema}.totp_keys (
       fingerprint text primary key,
       first_used_at timestamptz not null,
       last_rotation_at timestamptz
     )`,
  ];
}
