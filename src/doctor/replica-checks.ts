import type { QueryRunner } from 'typeorm';
import { TASK_NAMES } from '../maintenance-tasks.js';
import type { RecordTables } from '../status/read-task-records.js';
import type { DoctorCheck } from './doctor-report.js';

/** At most this many hosts are named. */
const MAX_NAMED_HOSTS = 10;

/** Reads who ran anything in the last 7 days, the latest first, by the host that an owner's name begins with. */
export async function readSeenHosts(
  queryRunner: QueryRunner,
  { runs, at }: RecordTables,
): Promise<{ readonly host: string; readonly processes: number }[]> {
  return queryRunner.query(
    `
    select pg_catalog.split_part(owner, ':', 1) as host,
           pg_catalog.count(distinct owner)::integer as processes
    from ${runs}
    where task operator(pg_catalog.=) any ($1::pg_catalog.text[])
      and started_at operator(pg_catalog.>=) ($2::pg_catalog.timestamptz operator(pg_catalog.-) interval '7 days')
    group by host
    order by pg_catalog.max(started_at) desc, host`,
    [TASK_NAMES, at],
  );
}

/** Lists the replicas seen lately. */
export function replicaCheck(hosts: Awaited<ReturnType<typeof readSeenHosts>>): DoctorCheck {
  const processes = hosts.reduce((sum, host) => sum + host.processes, 0);
  const named = hosts.slice(0, MAX_NAMED_HOSTS).map(({ host }) => host);
  const rest = hosts.length > named.length ? ` and ${hosts.length - named.length} more` : '';
  const message =
    processes === 0
      ? 'no process has run anything in the last 7 days'
      : `processes that ran something in the last 7 days: ${processes}, on ${named.join(', ')}${rest}`;
  return { name: 'replicas', level: 'ok', message };
}
