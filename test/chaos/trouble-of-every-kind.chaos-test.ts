import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from '../cluster/within.js';
import { insertReferences } from '../support/rows.js';
import { Chaos } from './chaos.js';
import { CHAOS_SECONDS, CHAOS_SEED, tell } from './chaos-settings.js';
import type { Peculiarity } from './harmed-replica.js';
import { HarmedReplica } from './harmed-replica.js';
import {
  keepJournal,
  overlappingRuns,
  slotsBegunTwice,
  writings,
  writingsOutsideOwnRun,
  writtenTwice,
} from './journal.js';
import { planOf } from './plan.js';
import type { JudgedSlot } from './promised-slots.js';
import { judgeSlots, tally } from './promised-slots.js';
import { ReplicatedServer } from './replicated-server.js';
import { SeededChoices } from './seeded-choices.js';
import { feed, insertLiveRows, missingLiveRows } from './work.js';
import { watchOwnPunctuality, Wellness } from './wellness.js';

const LEASE_SECONDS = 3;
const HOUR_SECONDS = 3_600;
/** Eight places; a plain one has nothing peculiar. */
const PLACES: readonly Peculiarity[] = [
  {},
  {},
  { isSuspendable: true },
  { isSuspendable: true },
  { isSuspendable: true },
  { isSuspendable: true },
  { clockShiftSeconds: HOUR_SECONDS },
  { clockShiftSeconds: -HOUR_SECONDS },
];
const TASKS = [
  { name: 'agent-heartbeat', everySeconds: 1 },
  { name: 'cleanup', everySeconds: 3 },
] as const;
const OPTIONS = {
  schedule: { cleanup: '*/3 * * * * *', agentHeartbeat: '* * * * * *', missedRuns: 'skip' },
  leaseSeconds: LEASE_SECONDS,
  // Pauses make a run of the cleanup last, so that it can be met in the middle.
  cleanup: { statementTimeoutMs: 500, lockTimeoutMs: 200, pauseBetweenBatchesMs: 250 },
} as const;

const TERMINATION_SECONDS = 15;
const PATIENT_MS = (CHAOS_SECONDS + 300) * 1_000;

describe(`eight processes in trouble for ${CHAOS_SECONDS} s, CHAOS_SEED=${CHAOS_SEED}`, () => {
  const wellness = new Wellness();
  let server: ReplicatedServer;
  let replicas: readonly HarmedReplica[] = [];
  let chaos: Chaos;
  let slots: readonly JudgedSlot[] = [];
  let isCalm = false;
  let exits: readonly unknown[] = [];
  let longestTerminationMs = 0;
  let endWatch: () => void = () => undefined;

  const terminate = async (replica: HarmedReplica): Promise<unknown> => {
    const beganAt = performance.now();
    const timeout = delay(TERMINATION_SECONDS * 1_000, 'too late', { ref: false });
    const exit = await Promise.race([replica.process.terminate(), timeout]);
    longestTerminationMs = Math.max(longestTerminationMs, performance.now() - beganAt);
    return exit;
  };

  /** Each task succeeds once more, in the calm after the storm. */
  const calm = async (): Promise<boolean> => {
    const over = new Date();
    return within(30, 'each task has succeeded after the trouble', async () => {
      const succeeded = await server.query(
        `select distinct task from tenxyte_maintenance.runs where status = 'succeeded' and started_at > $1`,
        [over],
      );
      return succeeded.length === TASKS.length;
    }).catch(() => false);
  };

  beforeAll(async () => {
    server = await ReplicatedServer.start();
    await insertReferences(server);
    await keepJournal(server);
    await insertLiveRows(server);
    await server.attachStandby();
    await server.waitForStandby();
    replicas = await Promise.all(
      PLACES.map((peculiarity, number) =>
        HarmedReplica.at(number, { server, options: OPTIONS, wellness, peculiarity }),
      ),
    );
    await Promise.all(replicas.map((replica) => replica.start()));

    endWatch = watchOwnPunctuality(wellness);
    chaos = new Chaos(server, replicas, wellness);
    const plan = planOf(new SeededChoices(CHAOS_SEED), {
      seconds: CHAOS_SECONDS,
      processes: PLACES.length,
      leaseMs: LEASE_SECONDS * 1_000,
    });
    const feeding = new AbortController();
    const fed = feed(server, feeding.signal);
    const since = Date.now();
    await chaos.carryOut(plan, CHAOS_SECONDS);
    const until = Date.now();
    isCalm = await calm();
    feeding.abort();
    await fed;
    replicas.forEach((replica) => replica.lookForDeserter());
    exits = await Promise.all(replicas.map(terminate));
    slots = await judgeSlots({ server, replicas, wellness }, TASKS, { since, until });
  }, PATIENT_MS);

  afterAll(async () => {
    endWatch();
    tell(await summary());
    await Promise.all(replicas.map((replica) => replica.close()));
    await server?.stop();
  }, 60_000);

  const summary = async (): Promise<string> => {
    const troubles = [...(chaos?.counts ?? [])].map(([kind, count]) => `${kind} ${count}`).join(', ');
    const promised = slots.filter(({ wellReplicas }) => wellReplicas.length > 0);
    const others = slots.filter(({ wellReplicas }) => wellReplicas.length === 0);
    const statuses = (some: readonly JudgedSlot[]): string =>
      tally(some.map(({ status = 'without a record' }) => status));
    return (
      `CHAOS_SEED=${CHAOS_SEED} CHAOS_SECONDS=${CHAOS_SECONDS}: ${troubles}; ` +
      `promised slots ${promised.length} (${statuses(promised)}), other slots ${others.length} (${statuses(others)}); ` +
      `${await writings(server)} writings by ${replicas.flatMap(({ processes }) => processes).length} processes; ` +
      `longest termination ${Math.round(longestTerminationMs)} ms`
    );
  };

  it('never run a slot twice', async () => {
    expect(await slotsBegunTwice(server)).toEqual([]);
    const begun = replicas
      .flatMap(({ words }) => words)
      .filter(({ kind }) => kind === 'started')
      .map(({ task, slot }) => `${task} ${slot}`);
    expect(begun.filter((slot, index) => begun.indexOf(slot) !== index)).toEqual([]);
  });

  it('lose no slot without a record while one of them is well', () => {
    const promised = slots.filter(({ wellReplicas }) => wellReplicas.length > 0);
    expect(promised.length).toBeGreaterThan(0);
    expect(promised.filter(({ status }) => status === undefined)).toEqual([]);
  });

  it('never have two runs of a task at once, by the table', async () => {
    expect(await overlappingRuns(server)).toEqual([]);
  });

  it('never write for a run once another one was granted', async () => {
    expect(await writings(server)).toBeGreaterThan(CHAOS_SECONDS);
    expect(await writingsOutsideOwnRun(server)).toEqual([]);
  });

  it('do nothing twice, and nothing to what is alive', async () => {
    expect(await writtenTwice(server)).toEqual([]);
    expect(await missingLiveRows(server)).toBe(0);
  });

  it('stay up whatever happens, and end in time when they are told to', () => {
    expect(replicas.flatMap(({ deserters }) => deserters)).toEqual([]);
    expect(isCalm).toBe(true);
    expect(exits).toEqual(PLACES.map(() => 'SIGTERM'));
    const processes = replicas.flatMap((replica) => replica.processes);
    expect(processes.filter(({ isRunning }) => isRunning)).toEqual([]);
  });
});
