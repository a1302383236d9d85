import type { TestDatabase } from '../support/test-database.js';
import type { RunningReplica } from './running-replica.js';
import { within } from './within.js';

/** The slots of a schedule that fires every second. */
export interface Window {
  readonly first: Date;
  readonly last: Date;
}

/** A slot and what is recorded of it. */
export interface Slot {
  readonly slot: string;
  /** The status of each run. */
  readonly runs: readonly string[];
}

/** So many slots from the next one on. */
export async function windowFromNow(database: TestDatabase, seconds: number): Promise<Window> {
  const [window] = await database.query<{ first: Date; last: Date }>(
    `
    select first, first + ($1::int - 1) * interval '1 second' as last
    from (select date_trunc('second', clock_timestamp()) + interval '1 second' as first) as start`,
    [seconds],
  );
  if (window === undefined) {
    throw new Error('the server gave no time');
  }
  return window;
}

/** Waits until a window is over and its last run has ended. */
export async function windowEnd(database: TestDatabase, { last }: Window): Promise<void> {
  await within(60, 'the window is over', async () => {
    const later = await database.query(
      `
      select 1
      from tenxyte_maintenance.runs
      where slot > $1::timestamptz
        and status in ('succeeded', 'skipped')`,
      [last],
    );
    return later.length > 0;
  });
}

/** Every slot of a window, with what is recorded of it. */
export async function slotsOf(database: TestDatabase, { first, last }: Window): Promise<Slot[]> {
  return database.query<Slot>(
    `
    select to_char(slot at time zone 'UTC', 'HH24:MI:SS') as slot,
           array_remove(array_agg(runs.status order by runs.started_at), null) as runs
    from generate_series($1::timestamptz, $2::timestamptz, interval '1 second') as slot
    left join tenxyte_maintenance.runs as runs using (slot)
    group by slot
    order by slot`,
    [first, last],
  );
}

/** How often each slot of a window was begun, by the replicas' own word. */
export function beginnings(replicas: readonly RunningReplica[], { first, last }: Window): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, slot } of replicas.flatMap(({ words }) => words)) {
    if (kind === 'started' && slot !== undefined && slot >= first.toISOString() && slot <= last.toISOString()) {
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
  }
  return counts;
}

/** The longest time in which no run began, in seconds, from the run before a window to its end. */
export async function longestGapSeconds(database: TestDatabase, { first, last }: Window): Promise<number> {
  const [row] = await database.query<{ gap: number }>(
    `
    select extract(epoch from max(gap))::float8 as gap
    from (
      select slot, at - lag(at) over (order by n) as gap
      from observed_runs
      where began
    ) as beginnings
    where slot between $1::timestamptz and $2::timestamptz`,
    [first, last],
  );
  return row?.gap ?? Infinity;
}
