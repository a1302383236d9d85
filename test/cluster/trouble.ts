import { gateBeforeStatusChange } from '../support/gate.js';
import { insertRows } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';
import type { RunningReplica } from './running-replica.js';
import { within } from './within.js';

/** A run that is held in mid-batch. */
export interface HeldRun {
  readonly id: string;
  /** The replica that works on it. */
  readonly owner: RunningReplica;
  /** Lets the batch go on, and every later one. */
  release(): Promise<void>;
}

/** Makes an agent overdue whose suspension is halted at a gate, and waits for the run that comes to stand there. */
export async function holdARun(database: TestDatabase, replicas: readonly RunningReplica[]): Promise<HeldRun> {
  const [{ id } = { id: '' }] = await database.query<{ id: string }>('select max(id) + 1 as id from agent_tokens');
  await insertRows(database, 'agent_tokens', [{ id, heartbeat_required_every: 3_600 }]);
  const gate = await gateBeforeStatusChange(database, 'agent_tokens', id);
  await database.query('update agent_tokens set last_heartbeat_at = $1 where id = $2', ['2020-01-01T00:00:00Z', id]);
  await gate.reached();
  const [run] = await database.query<{ id: string; pid: number }>(
    `select id::text, split_part(owner, ':', 2)::int as pid from tenxyte_maintenance.runs where status = 'running'`,
  );
  const owner = replicas.find(({ pid }) => pid === run?.pid);
  if (run === undefined || owner === undefined) {
    throw new Error('no replica works on the run that stands at the gate');
  }
  return { id: run.id, owner, release: () => gate.remove() };
}

/** Waits until a run is recorded as lost and another one succeeded after it. */
export async function untilLostAndFollowed(database: TestDatabase, runId: string): Promise<void> {
  await within(20, `run ${runId} is lost and another one has succeeded`, async () => {
    const later = await database.query(
      `
      select 1
      from tenxyte_maintenance.runs as lost
      join tenxyte_maintenance.runs as later on later.started_at > lost.started_at and later.status = 'succeeded'
      where lost.id = $1::uuid
        and lost.status = 'lost'`,
      [runId],
    );
    return later.length > 0;
  });
}

/** Waits for a number of runs that succeed from now on. */
export async function untilRunsSucceed(database: TestDatabase, count: number): Promise<void> {
  const before = await succeededRuns(database);
  await within(20, `${count} more runs have succeeded`, async () => {
    return (await succeededRuns(database)).length >= before.length + count;
  });
}

/** Waits until each replica has run a slot; one that has is ended, so that another one gets the next slot. */
export async function untilEachRunsASlot(database: TestDatabase, replicas: readonly RunningReplica[]): Promise<void> {
  const before = (await succeededRuns(database)).length;
  const left = new Set(replicas);
  while (left.size > 0) {
    const pids = [...left].map(({ pid }) => pid);
    const replica = await within(20, `one of the replicas ${pids.join(', ')} has run a slot`, async () => {
      const runs = (await succeededRuns(database)).slice(before);
      return [...left].find(({ pid }) => runs.some((run) => run.pid === pid)) ?? false;
    });
    await replica.terminate();
    left.delete(replica);
  }
}

async function succeededRuns(database: TestDatabase): Promise<{ pid: number }[]> {
  return database.query<{ pid: number }>(`
    select split_part(owner, ':', 2)::int as pid
    from tenxyte_maintenance.runs
    where status = 'succeeded'
    order by finished_at`);
}
