import type { DataSource, QueryRunner } from 'typeorm';
import { withinTimeout } from './within-timeout.js';

/** DI token of the TypeORM data source that the module works on: the one its `dataSource` option names. */
export const MAINTENANCE_DATA_SOURCE = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE');

/** DI token of that data source's name; `default` for the unnamed one. */
export const DATA_SOURCE_NAME = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE_NAME');

/**
 * Lets `work` use a connection of its own, if one is had in time; one that comes later is given back. Answers undefined when none was.
 *
 * @throws when no connection can be had at all, and what `work` throws
 */
export async function withQueryRunnerInTime<Result>(
  dataSource: DataSource,
  timeoutMs: number,
  work: (queryRunner: QueryRunner) => Promise<Result>,
): Promise<Result | undefined> {
  const queryRunner = dataSource.createQueryRunner();
  const connected = queryRunner.connect().then(() => true);
  if ((await withinTimeout(connected, timeoutMs)) === undefined) {
    // To release it before would lose the connection for good.
    connected.then(() => queryRunner.release()).catch(() => undefined);
    return undefined;
  }
  try {
    return await work(queryRunner);
  } finally {
    await queryRunner.release();
  }
}

/** Lets `work` use a connection of its own and gives it back, whatever happens. */
export async function withQueryRunner<Result>(
  dataSource: DataSource,
  work: (queryRunner: QueryRunner) => Promise<Result>,
): Promise<Result> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await work(queryRunner);
  } finally {
    await queryRunner.release();
  }
}
