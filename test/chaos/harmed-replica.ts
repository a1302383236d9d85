import { fileURLToPath } from 'node:url';
import type { ReplicaOptions, Word } from '../cluster/running-replica.js';
import { RunningReplica } from '../cluster/running-replica.js';
import type { Wellness } from './wellness.js';
import { Wire } from './wire.js';

/** A server as a replica is led to it: where it is, and its URL by another port. */
export interface LedServer {
  readonly port: number;
  url(port: number): string;
}

/** What makes a place different from the others. */
export interface Peculiarity {
  /** How far the clock on the wall is ahead. @default 0 */
  readonly clockShiftSeconds?: number;
  /** True where the monotonic clock stands still while the process is stopped. @default false */
  readonly isSuspendable?: boolean;
}

const LOG_END_LENGTH = 2_000;

const path = (module: string): string => fileURLToPath(new URL(`preload/${module}.mjs`, import.meta.url));

/** A place in which one process after another runs the application, as an orchestrator has it, with a wire of its own to the server. */
export class HarmedReplica {
  /** Every process that ran here, the present one last. */
  public readonly processes: RunningReplica[] = [];
  /** The ends of the logs of processes that ended by themselves once they were ready. */
  public readonly deserters: string[] = [];
  /** What goes on with it, at most one of each. */
  public readonly troubles = new Set<'stopped' | 'wire' | 'starting'>();
  private isClosed = false;

  private constructor(
    public readonly number: number,
    public readonly wire: Wire,
    private readonly server: LedServer,
    private readonly options: ReplicaOptions,
    private readonly wellness: Wellness,
    public readonly peculiarity: Peculiarity,
  ) {}

  /** A place without a process. */
  public static async at(
    number: number,
    context: { server: LedServer; options: ReplicaOptions; wellness: Wellness; peculiarity?: Peculiarity },
  ): Promise<HarmedReplica> {
    const { server, options, wellness, peculiarity = {} } = context;
    return new HarmedReplica(number, await Wire.to(server.port), server, options, wellness, peculiarity);
  }

  /** The present process. */
  public get process(): RunningReplica {
    const process = this.processes.at(-1);
    if (process === undefined) {
      throw new Error(`no process was started at ${this.number}`);
    }
    return process;
  }

  /** What all its processes told. */
  public get words(): Word[] {
    return this.processes.flatMap(({ words }) => words);
  }

  /** The task whose run its process is in the middle of. */
  public get taskAtWork(): string | undefined {
    const last = this.process.words.findLast(({ kind }) => kind === 'started' || kind === 'finished');
    return last?.kind === 'started' ? last.task : undefined;
  }

  /** Starts a process and waits until it is ready; one that cannot boot is followed by another. */
  public async start(): Promise<void> {
    const isWell = this.wellness.harm(this.number);
    this.troubles.add('starting');
    while (!this.isClosed) {
      const process = this.spawn();
      try {
        await process.tells('loaded');
        await process.boot();
        this.troubles.delete('starting');
        isWell();
        return;
      } catch {
        // The server was away, or the process was killed.
        await process.kill();
      }
    }
  }

  /** SIGKILL, and a new process. */
  public async replace(): Promise<void> {
    this.lookForDeserter();
    await this.process.kill();
    await this.start();
  }

  /** Ends its process at once, whatever it does, and its wire. */
  public async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.processes.map((process) => process.kill()));
    await this.wire.close();
  }

  /** Notes a process that is gone although nobody ended it. */
  public lookForDeserter(): void {
    if (!this.process.isRunning) {
      this.deserters.push(this.process.log.slice(-LOG_END_LENGTH));
    }
  }

  private spawn(): RunningReplica {
    const { clockShiftSeconds = 0, isSuspendable = false } = this.peculiarity;
    const preload = [path('punctuality')];
    if (clockShiftSeconds !== 0) {
      preload.push(path('shifted-clock'));
    }
    if (isSuspendable) {
      preload.push(path('frozen-clock'));
    }
    const process = new RunningReplica(this.server.url(this.wire.port), this.options, {
      applicationName: `replica-${this.number}.${this.processes.length}`,
      preload,
      environment: { CLOCK_SHIFT_SECONDS: String(clockShiftSeconds) },
      onMessage: (message) => this.noteLateness(message),
    });
    this.processes.push(process);
    return process;
  }

  private noteLateness(message: unknown): void {
    const { kind, lateMs } = message as { kind: string; lateMs?: number };
    if (kind === 'late' && lateMs !== undefined) {
      this.wellness.wasHarmed(this.number, lateMs);
    }
  }
}
