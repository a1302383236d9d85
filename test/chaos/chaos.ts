import { setTimeout as delay } from 'node:timers/promises';
import type { HarmedReplica } from './harmed-replica.js';
import type { Plan, PlannedOutage, PlannedTrouble, Trouble } from './plan.js';
import type { ReplicatedServer } from './replicated-server.js';
import type { Wellness } from './wellness.js';

/** An interruption that no request has come to in so long is given up. */
const INTERRUPTION_WAITS_MS = 5_000;
const LOOK_OUT_MS = 10_000;
const LOOK_OUT_EVERY_MS = 5;

/** Carries a plan out. Here alone time passes on purpose. */
export class Chaos {
  /** How often each kind of trouble was made. */
  public readonly counts = new Map<string, number>();
  private readonly goingOn: Promise<void>[] = [];

  public constructor(
    private readonly server: ReplicatedServer,
    private readonly replicas: readonly HarmedReplica[],
    private readonly wellness: Wellness,
  ) {}

  /** Makes all the trouble of a plan; resolves once the last of it is over. */
  public async carryOut({ troubles, outages }: Plan, seconds: number): Promise<void> {
    const beganAt = performance.now();
    const endsAt = beganAt + seconds * 1_000;
    this.note(this.makeOutages(outages, endsAt));
    for (const planned of troubles) {
      await delay(Math.max(0, beganAt + planned.at - performance.now()));
      this.note(this.meet(planned));
    }
    await delay(Math.max(0, endsAt - performance.now()));
    // All of it is over before an error of any is told: nothing goes on while the servers are stopped.
    await Promise.allSettled(this.goingOn);
    await Promise.all(this.goingOn);
  }

  /** An error is told at the end. */
  private note(trouble: Promise<void>): void {
    trouble.catch(() => undefined);
    this.goingOn.push(trouble);
  }

  private async makeOutages(outages: readonly PlannedOutage[], endsAt: number): Promise<void> {
    for (const { kind, afterMs } of outages) {
      await delay(afterMs);
      if (performance.now() > endsAt) {
        return;
      }
      this.count(kind);
      const isOver = this.wellness.harm('all');
      if (kind === 'crash') {
        await this.server.crash();
        isOver();
      } else {
        await this.server.failOver();
        this.replicas.forEach(({ wire }) => wire.leadTo(this.server.port));
        isOver();
        await this.server.attachStandby();
        await this.server.waitForStandby();
      }
    }
  }

  private async meet(planned: PlannedTrouble): Promise<void> {
    const { trouble } = planned;
    const met = trouble.kind === 'suspension' ? await this.suspendableAtWork() : this.whoIsMet(planned);
    if (met === undefined) {
      this.count('nobody to meet');
      return;
    }
    this.count(trouble.kind);
    await this.make(trouble, met);
  }

  private whoIsMet({ trouble, victim, meetsWhoIsAtWork }: PlannedTrouble): HarmedReplica | undefined {
    const inTurn = [...this.replicas.slice(victim), ...this.replicas.slice(0, victim)];
    const candidates = inTurn.filter((replica) => canMeet(replica, trouble));
    const atWork = meetsWhoIsAtWork ? candidates.find(({ taskAtWork }) => taskAtWork !== undefined) : undefined;
    return atWork ?? candidates[0];
  }

  /** Looks out for a cleanup of a suspendable process. */
  private async suspendableAtWork(): Promise<HarmedReplica | undefined> {
    const deadline = performance.now() + LOOK_OUT_MS;
    while (performance.now() < deadline) {
      const found = this.replicas.find(
        (replica) =>
          replica.peculiarity.isSuspendable === true &&
          replica.taskAtWork === 'cleanup' &&
          canMeet(replica, { kind: 'stop' }),
      );
      if (found !== undefined) {
        return found;
      }
      await delay(LOOK_OUT_EVERY_MS);
    }
    return undefined;
  }

  private async make(trouble: Trouble, replica: HarmedReplica): Promise<void> {
    if (trouble.kind === 'kill') {
      await replica.replace();
      return;
    }
    const name = isStop(trouble) ? 'stopped' : 'wire';
    const isWell = this.wellness.harm(replica.number);
    replica.troubles.add(name);
    try {
      if (trouble.kind === 'stop' || trouble.kind === 'suspension') {
        await stop(replica, trouble.ms);
      } else {
        await interrupt(replica, trouble);
      }
    } finally {
      replica.troubles.delete(name);
      isWell();
    }
  }

  private count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

function canMeet({ troubles, process }: HarmedReplica, trouble: Pick<Trouble, 'kind'>): boolean {
  const own = isStop(trouble) || trouble.kind === 'kill' ? 'stopped' : 'wire';
  return process.isRunning && !troubles.has('starting') && !troubles.has(own);
}

function isStop({ kind }: Pick<Trouble, 'kind'>): boolean {
  return kind === 'stop' || kind === 'suspension';
}

/** The process may be killed meanwhile. */
async function stop({ process }: HarmedReplica, ms: number): Promise<void> {
  process.stop();
  await delay(ms);
  await process.continue();
}

/** Waits for the request that is to be interrupted, and for as long as the network is silent then. */
async function interrupt(
  { wire }: HarmedReplica,
  trouble: Exclude<Trouble, { kind: 'kill' | 'stop' | 'suspension' }>,
): Promise<void> {
  const patience = setTimeout(() => wire.letPass(), INTERRUPTION_WAITS_MS);
  await wire.interruptNext(trouble.kind, trouble.text);
  clearTimeout(patience);
  if (trouble.kind === 'silence') {
    await delay(trouble.ms);
    if (trouble.isCut) {
      wire.cut();
    }
    wire.goOn();
  }
}
