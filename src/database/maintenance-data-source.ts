import type { DataSource, QueryRunner } from 'typeorm';

/** DI token of the TypeORM data source that the module works on: the one its `dataSource` option names. */
export const MAINTENANCE_DATA_SOURCE = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE');

/** DI token of that data source's name; `default` for the unnamed one. */
export const DATA_SOURCE_NAME = Symbol('TENXYTE_MAINTENANCE_DATA_SOURCE_NAME');

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
