import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';

/** What one role sent to the server and what it answered with an error, past TypeORM too. */
export interface WireLog {
  readonly statements: string[];
  /** The statements, but for those that begin and end a transaction, for which neither lock nor statement time-out was set. */
  readonly unbounded: string[];
  readonly errors: { readonly sql: string; readonly message: string }[];
}

const ENDS_A_TRANSACTION = /(^|; )(commit|rollback)$/;

/** Listens to every connection of a role that this process opens while the file's tests run. */
export function useWireLog(role: string): WireLog {
  const log: WireLog = { statements: [], unbounded: [], errors: [] };
  const bounded = new WeakSet<pg.Client>();
  const noteBounds = (client: pg.Client, sql: string): void => {
    if (/^begin .*set local lock_timeout = .*set local statement_timeout = /.test(sql)) {
      bounded.add(client);
    } else if (!bounded.has(client) && !ENDS_A_TRANSACTION.test(sql)) {
      log.unbounded.push(sql);
    }
    if (ENDS_A_TRANSACTION.test(sql)) {
      bounded.delete(client);
    }
  };
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, 'query') as (this: pg.Client, ...call: readonly unknown[]) => unknown;
  beforeAll(() => {
    Reflect.set(prototype, 'query', function listening(this: pg.Client, ...call: readonly unknown[]): unknown {
      const answer = Reflect.apply(query, this, call);
      if (this.user === role) {
        const sql = String(call[0]).replace(/\s+/g, ' ').trim();
        log.statements.push(sql);
        noteBounds(this, sql);
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
