import { beforeAll } from '@jest/globals';
import type { TestDatabase } from '../support/test-database.js';

/** What the server JIT-compiled for statements in a test database, within triggers and referential checks too. */
export interface CompiledFunctions {
  /** How many functions it compiled since the last reset. */
  count(): Promise<number>;
  /** Starts the count anew. */
  reset(): Promise<void>;
}

const DATABASE = '(select oid from pg_database where datname = current_database())';

/** Has them counted for the file's tests. */
export function useCompiledFunctions(database: TestDatabase): CompiledFunctions {
  beforeAll(() => database.query('create extension pg_stat_statements'));
  return {
    count: async () => {
      const [sum] = await database.query<{ functions: string }>(
        `select coalesce(sum(jit_functions), 0) as functions from pg_stat_statements where dbid = ${DATABASE}`,
      );
      return Number(sum?.functions);
    },
    reset: async () => {
      await database.query(`select pg_stat_statements_reset(0, ${DATABASE}, 0)`);
    },
  };
}
