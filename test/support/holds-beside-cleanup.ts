import type { LegalHoldService, TaskStatus } from '../../src/index.js';
import type { MaintenanceApp } from './maintenance-app.js';
import type { TestDatabase } from './test-database.js';

/** Users beside the first one, which is there, up to an id. */
export async function seedUsers(database: TestDatabase, users: number): Promise<void> {
  await database.query(`
    insert into users
    select (json_populate_record(users, json_build_object('id', n, 'email', 'user' || n || '@example.com'))).*
    from users, generate_series(2, ${users}) as n
    where users.id = 1`);
}

/** What became of holds that were placed beside a cleanup. */
export interface BesideCleanup {
  readonly status: TaskStatus;
  readonly placed: number;
  /** Users of whom rows went after their hold was in force. */
  readonly lost: readonly number[];
  readonly heldRows: number;
  /** Milliseconds that each placement took. */
  readonly placementMs: readonly number[];
}

/**
 * Cleans the audit logs and places a hold on one user after the other meanwhile, until the cleanup is over. Counts the rows of each as soon
 * as the hold is placed, and again at the end.
 */
export async function placeBesideCleanup(world: {
  readonly database: TestDatabase;
  readonly app: MaintenanceApp;
  readonly holds: LegalHoldService;
  readonly users: number;
  readonly plainSql?: boolean;
}): Promise<BesideCleanup> {
  const { database, app, holds, users, plainSql = false } = world;
  const client = await database.connect();
  const countOf = async (user: number): Promise<number> => {
    const { rows } = await client.query<{ count: string }>('select count(*) from audit_logs where user_id = $1', [
      user,
    ]);
    return Number(rows[0]?.count);
  };
  const place = async (user: number): Promise<unknown> =>
    plainSql
      ? client.query(
          `insert into tenxyte_maintenance.holds (case_ref, reason, user_id, placed_by) values ('C', 'r', $1, 'clerk')`,
          [String(user)],
        )
      : holds.place({ caseRef: 'C', reason: 'r', placedBy: 'clerk', userId: user });
  let isOver = false;
  const cleaning = app.maintenance.cleanup({ only: ['audit_logs'] }).finally(() => {
    isOver = true;
  });
  const kept = new Map<number, number>();
  const placementMs: number[] = [];
  for (let user = 1; user <= users && !isOver; user += 1) {
    const startedAt = performance.now();
    await place(user);
    placementMs.push(performance.now() - startedAt);
    kept.set(user, await countOf(user));
  }
  const { status } = await cleaning;
  const lost: number[] = [];
  let heldRows = 0;
  for (const [user, rows] of kept) {
    const left = await countOf(user);
    heldRows += left;
    if (left < rows) {
      lost.push(user);
    }
  }
  await client.end();
  return { status, placed: kept.size, lost, heldRows, placementMs };
}
