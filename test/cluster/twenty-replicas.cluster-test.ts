import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestDatabase } from '../support/test-database.js';
import { insertAgentsThatFallSilent, leasesCutShort, mostRunsAtOnce, observe, suspensions } from './observation.js';
import { useReplicas } from './replicas.js';
import type { RunningReplica } from './running-replica.js';
import type { Window } from './slots.js';
import { beginnings, longestGapSeconds, slotsOf, windowEnd, windowFromNow } from './slots.js';
import { holdARun, untilEachRunsASlot, untilLostAndFollowed, untilRunsSucceed } from './trouble.js';
import { within } from './within.js';

const REPLICAS = 20;
const WINDOW_SECONDS = 30;
const LEASE_SECONDS = 3;
const TICK_SECONDS = 1;
/** What two processors take until one of many replicas comes to claim, at worst. */
const TOLERANCE_SECONDS = 1;
/** Runs before the first window: twenty processes that just booted open their connections in the first of them. */
const WARM_UP_RUNS = 5;
const PATIENT_MS = 300_000;

const OPTIONS = {
  schedule: { cleanup: false, agentHeartbeat: '* * * * * *' },
  leaseSeconds: LEASE_SECONDS,
  cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200 },
} as const;

describe('twenty replicas with a schedule that fires every second', () => {
  const database = useTestDatabase();
  const replicas = useReplicas();
  let twenty: readonly RunningReplica[];
  let survivors: readonly RunningReplica[];
  let exits: readonly (number | NodeJS.Signals | null)[];
  let calm: Window;
  let troubled: Window;
  let lostRuns: readonly string[];
  let continued: readonly [RunningReplica, RunningReplica];

  const others = (...harmed: readonly RunningReplica[]): RunningReplica[] =>
    twenty.filter((replica) => !harmed.includes(replica));

  /** Two are killed and two are stopped and continued, one of each in mid-run. */
  const makeTrouble = async (): Promise<void> => {
    const killed = await holdARun(database, twenty);
    await killed.owner.kill();
    await killed.release();
    await untilLostAndFollowed(database, killed.id);

    const stopped = await holdARun(database, twenty);
    stopped.owner.stop();
    await stopped.release();
    await untilLostAndFollowed(database, stopped.id);
    await stopped.owner.continue();

    const [secondKilled, secondStopped, ...rest] = others(killed.owner, stopped.owner);
    if (secondKilled === undefined || secondStopped === undefined) {
      throw new Error('too few replicas');
    }
    secondStopped.stop();
    await secondKilled.kill();
    await untilRunsSucceed(database, LEASE_SECONDS);
    await secondStopped.continue();

    lostRuns = [killed.id, stopped.id];
    continued = [stopped.owner, secondStopped];
    survivors = rest;
  };

  beforeAll(async () => {
    await observe(database);
    await insertAgentsThatFallSilent(database);
    twenty = await replicas.start(REPLICAS, database.url, OPTIONS);
    await untilRunsSucceed(database, WARM_UP_RUNS);
    calm = await windowFromNow(database, WINDOW_SECONDS);
    await windowEnd(database, calm);
    await within(10, 'the reports tell of every suspension', async () => {
      const { reported, observed } = await suspensions(database);
      return observed > WINDOW_SECONDS && reported === observed;
    });
    troubled = await windowFromNow(database, WINDOW_SECONDS);
    await makeTrouble();
    await windowEnd(database, troubled);
    exits = await Promise.all(survivors.map((replica) => replica.terminate()));
    await untilEachRunsASlot(database, continued);
  }, PATIENT_MS);

  it('run each slot of 30 s once', async () => {
    const slots = await slotsOf(database, calm);
    expect(slots).toHaveLength(WINDOW_SECONDS);
    expect(slots).toEqual(slots.map(({ slot }) => ({ slot, runs: ['succeeded'] })));
    expect([...beginnings(twenty, calm).values()]).toEqual(Array(WINDOW_SECONDS).fill(1));
  });

  it('run no slot twice while two are killed and two are stopped and continued, and record each', async () => {
    const slots = await slotsOf(database, troubled);
    expect(slots).toHaveLength(WINDOW_SECONDS);
    expect(slots.filter(({ runs }) => runs.length !== 1)).toEqual([]);
    expect([...beginnings(twenty, troubled).values()].filter((count) => count !== 1)).toEqual([]);
  });

  it('lose no slot for longer than a lease', async () => {
    const gap = await longestGapSeconds(database, troubled);
    expect(gap).toBeGreaterThan(LEASE_SECONDS);
    expect(gap).toBeLessThan(LEASE_SECONDS + TICK_SECONDS + TOLERANCE_SECONDS);
  });

  it('never have two runs at once, nor take one for lost whose lease is live', async () => {
    expect(await mostRunsAtOnce(database)).toBe(1);
    expect(await leasesCutShort(database)).toEqual([]);
  });

  it('record the runs whose owners were killed or stopped as lost, and no other', async () => {
    const lost = await database.query<{ id: string }>(
      `select id::text from tenxyte_maintenance.runs where status = 'lost' order by started_at`,
    );
    expect(lost.map(({ id }) => id)).toEqual(lostRuns);
  });

  it('report no error when nothing was done to them', () => {
    expect(exits).toEqual(Array(REPLICAS - 4).fill('SIGTERM'));
    expect(survivors.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('go on when they are continued, and say so when their run was lost', () => {
    const [fromMidRun, idle] = continued;
    expect(fromMidRun.log).toContain(`agent-heartbeat ${lostRuns[1]} outlived its lease`);
    expect(idle.errors).toEqual([]);
  });
});
