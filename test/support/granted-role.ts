import { randomUUID } from 'node:crypto';
import { afterAll } from '@jest/globals';
import { documentedGrants, inSql } from './documented-grants.js';
import type { DocumentedGrant } from './documented-grants.js';
import { onDatabase } from './on-database.js';
import type { TestDatabase } from './test-database.js';

/** A role that may do what the page on security grants to it, and nothing else. */
export interface GrantedRole {
  /** The test database's URL for this role. */
  readonly url: string;
  readonly grants: readonly DocumentedGrant[];
  /** Does some work while the role lacks one of its privileges. */
  without<Result>(grant: DocumentedGrant, work: () => Promise<Result>): Promise<Result>;
}

/** Answers how to make roles, by the names of the page's blocks; they are dropped after the database. */
export function useGrantedRoles(database: TestDatabase): (blocks: readonly string[]) => Promise<GrantedRole> {
  const names: string[] = [];
  afterAll(() =>
    onDatabase(database.serverUrl, async (client) => {
      for (const name of names) {
        await client.query(`drop role if exists ${name}`);
      }
    }),
  );
  return async (blocks) => {
    const name = `tenxyte_role_${randomUUID().slice(0, 8)}`;
    await database.query(`create role ${name} login password 'granted'`);
    names.push(name);
    const grants = distinct(blocks.flatMap(documentedGrants));
    for (const grant of grants) {
      await database.query(`grant ${inSql(grant)} to ${name}`);
    }
    const url = new URL(database.url);
    url.username = name;
    url.password = 'granted';
    return {
      url: url.href,
      grants,
      without: async (grant, work) => {
        await database.query(`revoke ${inSql(grant)} from ${name}`);
        try {
          return await work();
        } finally {
          await database.query(`grant ${inSql(grant)} to ${name}`);
        }
      },
    };
  };
}

function distinct(grants: readonly DocumentedGrant[]): DocumentedGrant[] {
  return [...new Map(grants.map((grant) => [inSql(grant), grant])).values()];
}
