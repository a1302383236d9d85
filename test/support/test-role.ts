import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { allowRuns } from './maintenance-schema.js';
import type { TestDatabase } from './test-database.js';

/** A role with no privilege but to record runs. */
export interface TestRole {
  readonly name: string;
  readonly password: string;
  /** The test database's URL for this role. */
  readonly url: string;
}

/**
 * Creates a role that may record runs, and nothing else, before the file's tests and drops it after the database, with whatever was granted
 * to it there.
 */
export function useTestRole(database: TestDatabase, password = 'not-to-be-shown'): TestRole {
  const name = `tenxyte_role_${randomUUID().slice(0, 8)}`;
  beforeAll(async () => {
    await database.query(`create role ${name} login password ${pg.escapeLiteral(password)}`);
    await allowRuns(database, name);
  });
  afterAll(async () => {
    const client = new pg.Client({ connectionString: database.serverUrl });
    await client.connect();
    try {
      await client.query(`drop role if exists ${name}`);
    } finally {
      await client.end();
    }
  });
  return {
    name,
    password,
    get url() {
      const url = new URL(database.url);
      url.username = name;
      url.password = encodeURIComponent(password);
      return url.href;
    },
  };
}
