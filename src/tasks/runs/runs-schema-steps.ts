import { createHolds } from './holds-schema-steps.js';

/** Escapes an identifier for SQL. */
export type Escape = (identifier: string) => string;

/** The statements that bring the schema from one version to the next. Each may be run again without harm. */
type SchemaStep = (schema: string) => readonly string[];

/** The steps in order: the first makes version 1. A released step is never changed; a new one is added. */
export const RUNS_SCHEMA_STEPS: readonly SchemaStep[] = [createSchema];

/** The tables that they make. */
export const RUNS_SCHEMA_TABLES = [
  'applications',
  'hold_events',
  'hold_subjects',
  'holds',
  'pauses',
  'runs',
  'schedules',
  'totp_keys',
  'versions',
] as const;

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
     values (${version}, pg_catalog.now())
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
       applied_at pg_catalog.timestamptz not null
     )`,
    `create table if not exists ${schema}.runs (
       id pg_catalog.uuid primary key,
       task pg_catalog.text not null,
       slot pg_catalog.timestamptz,
       trigger pg_catalog.text not null,
       owner pg_catalog.text not null,
       actor pg_catalog.text,
       reason pg_catalog.text,
       force boolean not null default false,
       engine pg_catalog.text,
       engine_job pg_catalog.text,
       protocol integer not null default 1,
       status pg_catalog.text not null
         check (
           status operator(pg_catalog.=) any (
             array['running', 'succeeded', 'partial', 'failed', 'skipped', 'stopped', 'lost']
           )
         ),
       started_at pg_catalog.timestamptz not null,
       lease_expires_at pg_catalog.timestamptz,
       finished_at pg_catalog.timestamptz,
       cancel_requested_at pg_catalog.timestamptz,
       cancel_actor pg_catalog.text,
       cancel_reason pg_catalog.text,
       stop_reason pg_catalog.text,
       is_idle boolean not null default false,
       progress pg_catalog.jsonb,
       summary pg_catalog.text,
       report pg_catalog.jsonb,
       error pg_catalog.jsonb
     )`,
    `create unique index if not exists runs_slot on ${schema}.runs (task, slot)`,
    `create unique index if not exists runs_running on ${schema}.runs (task)
       where status operator(pg_catalog.=) 'running'`,
    `create index if not exists runs_started on ${schema}.runs (task, started_at)`,
    // For histories without the runs that found nothing, of which there may be one a minute.
    `create index if not exists runs_eventful on ${schema}.runs (task, started_at) where not is_idle`,
    `create index if not exists runs_finished on ${schema}.runs (finished_at)`,
    `create table if not exists ${schema}.schedules (
       task pg_catalog.text primary key,
       expression pg_catalog.text not null,
       time_zone pg_catalog.text not null,
       since pg_catalog.timestamptz not null,
       run_by pg_catalog.text not null default 'timer'
     )`,
    // One row a task, of its latest pause: in force until somebody resumes the task, or its time is over.
    `create table if not exists ${schema}.pauses (
       task pg_catalog.text primary key,
       paused_at pg_catalog.timestamptz not null,
       paused_until pg_catalog.timestamptz,
       actor pg_catalog.text,
       reason pg_catalog.text not null,
       resumed_at pg_catalog.timestamptz,
       resume_actor pg_catalog.text,
       resume_reason pg_catalog.text
     )`,
    // One row for each process of an application: what it goes by, in values alone, and whether it is still there.
    `create table if not exists ${schema}.applications (
       id pg_catalog.uuid primary key,
       owner pg_catalog.text not null,
       policy pg_catalog.jsonb not null,
       digest pg_catalog.text not null,
       started_at pg_catalog.timestamptz not null,
       seen_at pg_catalog.timestamptz not null,
       ended_at pg_catalog.timestamptz
     )`,
    // One row for each TOTP key that was ever the first one, by its fingerprint: an HMAC under the key, from which nothing of it follows.
    `create table if not exists ${schema}.totp_keys (
       fingerprint pg_catalog.text primary key,
       first_used_at pg_catalog.timestamptz not null,
       last_rotation_at pg_catalog.timestamptz
     )`,
    ...createHolds(schema),
  ];
}
