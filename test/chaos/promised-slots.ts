import type { HarmedReplica } from './harmed-replica.js';
import type { ReplicatedServer } from './replicated-server.js';
import type { Wellness } from './wellness.js';

/** A task whose slots lie on whole multiples of some seconds. */
export interface ScheduledTask {
  readonly name: string;
  readonly everySeconds: number;
}

/** A slot, whether it was promised, and what is recorded of it. */
export interface JudgedSlot {
  readonly task: string;
  readonly slot: string;
  /** The numbers of the replicas that were well for as long as the slot is tried. */
  readonly wellReplicas: readonly number[];
  readonly status: string | undefined;
}

/** A process is well again, or still, once it was let alone for so long: its pool has new connections, what was held up is done. */
const SETTLING_MS = 1_500;

/**
 * Judges each slot of a time. A slot is promised a record when at least one process was well from before its time until after the last try
 * to claim it: half the time to the next slot. One whose clock is off learns the time at its first tick, so it must have been well for a slot
 * before.
 */
export async function judgeSlots(
  { server, replicas, wellness }: JudgedWorld,
  tasks: readonly ScheduledTask[],
  { since, until }: { readonly since: number; readonly until: number },
): Promise<JudgedSlot[]> {
  const statuses = await recordedStatuses(server);
  const judged: JudgedSlot[] = [];
  for (const { name, everySeconds } of tasks) {
    const stepMs = everySeconds * 1_000;
    for (let at = Math.ceil(since / stepMs) * stepMs; at + stepMs <= until; at += stepMs) {
      const slot = new Date(at).toISOString();
      const wellReplicas = replicas
        .filter(({ number, peculiarity: { clockShiftSeconds = 0 } }) => {
          const learningMs = clockShiftSeconds === 0 ? 0 : stepMs;
          return wellness.wasWell(number, at - learningMs - SETTLING_MS, at + stepMs / 2 + SETTLING_MS);
        })
        .map(({ number }) => number);
      judged.push({ task: name, slot, wellReplicas, status: statuses.get(`${name} ${slot}`) });
    }
  }
  return judged;
}

/** What the judgement is made of. */
export interface JudgedWorld {
  readonly server: ReplicatedServer;
  readonly replicas: readonly HarmedReplica[];
  readonly wellness: Wellness;
}

async function recordedStatuses(server: ReplicatedServer): Promise<Map<string, string>> {
  const runs = await server.query<{ task: string; slot: Date; status: string }>(
    'select task, slot, status from tenxyte_maintenance.runs where slot is not null',
  );
  return new Map(runs.map(({ task, slot, status }) => [`${task} ${slot.toISOString()}`, status]));
}

/** How often each value comes, as text. */
export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  values.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
  return [...counts].map(([value, count]) => `${count} ${value}`).join(', ');
}
