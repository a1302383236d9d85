import type { DataSource, QueryRunner } from 'typeorm';
import type { Fence } from '../batches/fence.js';
import type { Attribution } from '../contract/attribution.js';
import type { PartProgress, ProgressSnapshot } from '../contract/progress-snapshot.js';
import type { LeaseRenewal, ServerLife } from '../contract/run-record.js';
import type { Instant } from '../database/instant.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { type InterruptionReason, RunInterruptedError } from '../errors/run-interrupted.error.js';
import { withAttribution } from '../text/run-line.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { RunConnections } from './run-connections.js';
import { STOP_SHARES } from './stop-shares.js';

/** A lease is renewed when this share of it is used up, so that two renewals may fail to come before it runs out. */
const RENEWAL_SHARE = 1 / 3;
/** And after this long at the latest, as its renewal tells whether somebody cancelled the run, and others how far it is. */
const LONGEST_UNRENEWED_MS = 1_000;
/** While work goes on that has no batches, it is looked so often whether that is so and a connection is free. */
const LOOK_SHARE = RENEWAL_SHARE / 10;

/** What a run that was granted holds its task by. */
export interface Lease {
  /** Its length in milliseconds. */
  readonly ms: number;
  /** When it began at the latest, in milliseconds of `performance.now()`. */
  readonly since: number;
  /** The {@link Fence.statement} of the run. */
  readonly fence: string;
  /** The life of the server in which it was granted. */
  readonly serverLife: ServerLife;
  /** Puts what was committed before on the disk, too, and records how far the run is. Undefined when the run was taken for lost. */
  readonly renew: (queryRunner: QueryRunner, progress: ProgressSnapshot | null) => Promise<LeaseRenewal | undefined>;
}

/** A run at work in this process: its connections, its lease, and the wish to stop it. */
export class ActiveRun {
  private readonly controller = new AbortController();
  private readonly connections: RunConnections;
  private time: Instant | undefined;
  private leasedSince: number;
  private serverLife: ServerLife | undefined;
  private canceller: Attribution | null = null;
  private readonly parts = new Map<string, PartProgress>();
  private overall = 0;
  private doubts = 0;
  private timers: readonly NodeJS.Timeout[] = [];
  private unfollow: () => void = () => undefined;

  public constructor(
    private readonly context: {
      readonly dataSource: DataSource;
      readonly runId: string;
      readonly isScheduled: boolean;
      /** Undefined for a run that claims nothing: a dry run. */
      readonly lease: Lease | undefined;
      readonly shutdownTimeoutMs: number;
    },
  ) {
    this.leasedSince = context.lease?.since ?? 0;
    this.serverLife = context.lease?.serverLife;
    this.connections = new RunConnections(context.dataSource, (error, hasWritten) => {
      this.doubts += hasWritten ? 1 : 0;
      if (error instanceof NoAnswerError) {
        this.stop('no-answer');
      }
    });
  }

  /** Also in the log lines of the run and in the runs table. */
  public get runId(): string {
    return this.context.runId;
  }

  /** True for a run that was due, false for one that somebody asked for at that moment. */
  public get isScheduled(): boolean {
    return this.context.isScheduled;
  }

  /** The time of the run by the database's clock, read once; every cutoff follows from it. */
  public get runAt(): Instant {
    if (this.time === undefined) {
      throw new Error('the run has no time yet');
    }
    return this.time;
  }

  /** Gives the run its time. */
  public at(runAt: Instant): this {
    this.time = runAt;
    return this;
  }

  /** Aborted once the run has to stop; its reason is the {@link RunInterruptedError} that says why. */
  public get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why the run has to stop; undefined while it need not. */
  public get stopReason(): InterruptionReason | undefined {
    return this.signal.aborted ? (this.signal.reason as RunInterruptedError).reason : undefined;
  }

  /** Who cancelled it, and why; null when nobody did or said. */
  public get cancelledBy(): Attribution | null {
    return this.canceller;
  }

  /** How often it became doubtful whether what was committed is known, and all of it lasts. */
  public get uncertainties(): number {
    return this.doubts;
  }

  /** Notes how far a part of the run is, and the whole of it. It is recorded with the next renewal of the lease. */
  public tell(part: PartProgress, overall: number): void {
    this.parts.set(part.name, part);
    this.overall = overall;
  }

  /** Lets the run end between two batches. A batch that takes too long after that is cancelled and rolled back. */
  public stop(reason: InterruptionReason, by: Attribution | null = null): void {
    if (this.signal.aborted) {
      return;
    }
    const { shutdownTimeoutMs } = this.context;
    this.timers = [
      ...this.timers,
      setTimeout(() => this.connections.cancel(), shutdownTimeoutMs * STOP_SHARES.cancel),
      setTimeout(() => this.connections.cut(), shutdownTimeoutMs * STOP_SHARES.cut),
    ];
    this.canceller = by;
    this.controller.abort(new RunInterruptedError(reason, withAttribution('', by)));
  }

  /** Stops the run after so many milliseconds, whatever it waits for by then; 0 = never. */
  public stopAfter(milliseconds: number): void {
    if (milliseconds > 0) {
      this.timers = [...this.timers, setTimeout(() => this.stop('time-budget'), milliseconds)];
    }
  }

  /** Stops as soon as somebody else's signal says so. */
  public follow(signal: AbortSignal | undefined, reason: 'requested' | 'signal'): void {
    const stop = (): void => this.stop(reason);
    if (signal?.aborted === true) {
      stop();
    }
    signal?.addEventListener('abort', stop, withoutPrototype({ once: true }));
    this.unfollow = () => signal?.removeEventListener('abort', stop);
  }

  /**
   * To be called between two batches, outside any transaction: renews the lease when it is time, and hears then whether it was cancelled.
   *
   * @throws {RunInterruptedError} when the run has to stop
   */
  public readonly beforeBatch = async (queryRunner: QueryRunner): Promise<void> => {
    const { lease } = this.context;
    if (lease !== undefined && !this.signal.aborted && this.isRenewalDue(lease)) {
      await this.renew(lease, queryRunner).catch(unlessHeld);
    }
    this.signal.throwIfAborted();
  };

  /**
   * For every transaction that writes. This process may have stood still without its clock knowing, as on a machine that was suspended:
   * only the database can tell whether the lease is over.
   */
  public get fence(): Fence | undefined {
    const { lease } = this.context;
    return (
      lease && {
        statement: lease.fence,
        renew: async (queryRunner) => {
          await this.renew(lease, queryRunner).catch(unlessHeld);
          this.signal.throwIfAborted();
        },
      }
    );
  }

  /**
   * To be called after the last of some batches, over their connection: puts them on the disk, and knows when a crash came first. Never
   * throws: their counts are uncertain when it cannot.
   */
  public async settle(queryRunner: QueryRunner): Promise<void> {
    const { lease } = this.context;
    try {
      await (lease && this.renew(lease, queryRunner));
    } catch {
      this.doubts += 1;
    }
  }

  /** @see {@link RunConnections.use} */
  public async withQueryRunner<Result>(work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result> {
    return this.connections.use(work);
  }

  /** @see {@link RunConnections.useSpare} */
  public async withSpareQueryRunner<Result>(
    work: (queryRunner: QueryRunner) => Promise<Result>,
  ): Promise<Result | undefined> {
    return this.connections.useSpare(work);
  }

  /**
   * Renews the lease over a connection of its own, when one is free at once, while `work` goes on, for work that has no batches to renew it
   * between: one long transaction, or a child process. The run is asked to stop once it was taken for lost or cancelled.
   */
  public async keepAlive<Result>(work: () => Promise<Result>): Promise<Result> {
    const { lease } = this.context;
    if (lease === undefined) {
      return work();
    }
    let renewal: Promise<void> | undefined;
    const timer = setInterval(
      () => {
        if (renewal === undefined && this.isRenewalDue(lease) && this.connections.isOneFree) {
          renewal = this.renewAside(lease).finally(() => {
            renewal = undefined;
          });
        }
      },
      Math.min(lease.ms * LOOK_SHARE, LONGEST_UNRENEWED_MS),
    );
    try {
      return await work();
    } finally {
      clearInterval(timer);
      await renewal;
    }
  }

  /** Lets go of everything but the connections, which `work` gave back. */
  public end(): void {
    this.timers.forEach((timer) => clearTimeout(timer));
    this.unfollow();
  }

  private get progress(): ProgressSnapshot | null {
    return this.parts.size === 0 ? null : { overall: this.overall, parts: [...this.parts.values()] };
  }

  private isRenewalDue({ ms }: Lease): boolean {
    return performance.now() - this.leasedSince >= Math.min(ms * RENEWAL_SHARE, LONGEST_UNRENEWED_MS);
  }

  /** A renewal that fails is tried again. */
  private async renewAside(lease: Lease): Promise<void> {
    try {
      await this.withSpareQueryRunner((queryRunner) => this.renew(lease, queryRunner));
    } catch {
      // See above.
    }
  }

  /** A lease counts from before it was asked for, and one whose renewal was not answered is due for another. */
  private async renew(lease: Lease, queryRunner: QueryRunner): Promise<void> {
    const askedAt = performance.now();
    const renewed = await lease.renew(queryRunner, this.progress);
    if (renewed === undefined) {
      this.stop('lease-lost');
      return;
    }
    const { serverLife, isCancelled, cancelledBy } = renewed;
    if (isCancelled) {
      this.stop('cancelled', cancelledBy);
    }
    this.leasedSince = Math.max(this.leasedSince, askedAt);
    // Behind a pooler a crash between two transactions goes unnoticed.
    this.doubts += serverLife === this.serverLife ? 0 : 1;
    this.serverLife = serverLife;
  }
}

/** A batch over the run's other connection holds the row as long as it is in flight; the lease is due for renewal at the next one, too. */
function unlessHeld(error: unknown): void {
  if (sqlState(error) !== SQL_STATE.lockNotAvailable) {
    throw error;
  }
}
