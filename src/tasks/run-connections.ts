import type { DataSource, QueryRunner } from 'typeorm';
import { cancelStatement } from '../database/cancel-request.js';
import { withQueryRunner, withQueryRunnerInTime } from '../database/maintenance-data-source.js';
import { hasFreeConnection } from '../database/pool-capacity.js';
import { cutConnection, watchConnection } from '../database/watched-connection.js';

/** A further connection is free when it is asked for; that it still has to be opened may take this long. */
const SPARE_TIMEOUT_MS = 2_000;

/** Told of a connection that was lost, and whether a transaction over it had written before. */
type OnLost = (error: unknown, hasWritten: boolean) => void;

/** The connections that a run works over at present. */
export class RunConnections {
  private readonly queryRunners = new Set<QueryRunner>();

  public constructor(
    private readonly dataSource: DataSource,
    private readonly onLost: OnLost,
  ) {}

  /** True while a further one is to be had at once. */
  public get isOneFree(): boolean {
    return hasFreeConnection(this.dataSource);
  }

  /** Lets `work` use a connection of its own; one that was lost harms nothing else. */
  public async use<Result>(work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result> {
    return withQueryRunner(this.dataSource, async (queryRunner) => {
      await queryRunner.connect();
      return this.over(queryRunner, work);
    });
  }

  /** As {@link use}, for a further connection, which nobody waits for long: undefined when there was none. */
  public async useSpare<Result>(work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result | undefined> {
    return withQueryRunnerInTime(this.dataSource, SPARE_TIMEOUT_MS, (queryRunner) => this.over(queryRunner, work));
  }

  /** Asks the server to cancel what each of them waits for. */
  public cancel(): void {
    this.onEach(cancelStatement);
  }

  /** Ends what each of them waits for, whatever the server does. */
  public cut(): void {
    this.onEach(cutConnection);
  }

  private async over<Result>(
    queryRunner: QueryRunner,
    work: (queryRunner: QueryRunner) => Promise<Result>,
  ): Promise<Result> {
    let hasWritten = false;
    watchConnection(queryRunner, {
      onWriting: () => {
        hasWritten = true;
      },
      onLost: (error) => this.onLost(error, hasWritten),
    });
    this.queryRunners.add(queryRunner);
    try {
      return await work(queryRunner);
    } finally {
      this.queryRunners.delete(queryRunner);
    }
  }

  private onEach(act: (queryRunner: QueryRunner) => Promise<void>): void {
    this.queryRunners.forEach((queryRunner) => {
      act(queryRunner).catch(() => undefined);
    });
  }
}
