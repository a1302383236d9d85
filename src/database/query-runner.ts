import type { DataSource, QueryRunner } from 'typeorm';

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
