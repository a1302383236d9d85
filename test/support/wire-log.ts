import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';

/** What one role sent to the server and what it answered with an error, past TypeORM too. */
export interface WireLog {
  readonly statements: string[];
  readonly errors: { readonly sql: string; readonly message: string }[];
}

/** Listens to every connection of a role that this process opens while the file's tests run. */
export function useWireLog(role: string): WireLog {
  const log: WireLog = { statements: [], errors: [] };
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, 'query') as (this: pg.Client, ...call: readonly unknown[]) => unknown;
  beforeAll(() => {
    Reflect.set(prototype, 'query', function listening(this: pg.Client, ...call: readonly unknown[]): unknown {
      const answer = Reflect.apply(query, this, call);
      if (this.user === role) {
        const sql = String(call[0]).replace(/\s+/g, ' ').trim();
        log.statements.push(sql);
        Promise.resolve(answer).catch((error: Error) => log.errors.push({ sql, message: error.message }));
      }
      return answer;
    });
  });
  afterAll(() => {
    Reflect.set(prototype, 'query', query);
  });
  return log;
}
