import type { KeyAction, PlannedTable } from './attached-plan.js';

/** The instant that every run of a round begins at. */
export const RUN_AT = '2026-03-29T02:30:00.123456Z';

/** The policy of every round. */
export const RETENTION = { loginAttemptsDays: 90, expiredGraceMinutes: 60, revokedRefreshTokenGraceDays: 7 };

/** A row that no run may delete, to which columns may be set by default. */
export const DEFAULT_ROW = 1_000;

/** What makes a target's table: its columns, and what is due by the specification. */
export const TARGETS = {
  login_attempts: {
    age: 'created_at',
    columns: '',
    values: '',
    due: `created_at < timestamptz '${RUN_AT}' - 90 * interval '24 hours'`,
    cutoff: `timestamptz '${RUN_AT}' - 90 * interval '24 hours'`,
    bounds: ['2025-12-29T02:00:00Z', '2025-12-29T03:00:00Z'],
  },
  refresh_tokens: {
    age: 'expires_at',
    columns: ', is_revoked boolean not null default false, last_used_at timestamptz',
    values: `, "isRevoked", cutoff + interval '1 hour' - interval '168 hours' + used * interval '1 microsecond'`,
    due: `(expires_at < timestamptz '${RUN_AT}' - interval '1 hour'
           or is_revoked and last_used_at < timestamptz '${RUN_AT}' - 7 * interval '24 hours')`,
    cutoff: `timestamptz '${RUN_AT}' - interval '1 hour'`,
    bounds: ['2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
  },
} as const;

/** A relation that a table consists of, and the heaps below it. */
export interface Part {
  readonly name: string;
  readonly isHeap: boolean;
  readonly heaps: readonly string[];
}

/** Something attached to a table, as the oracle knows it. */
export interface Attached {
  /** What `cleanup.acknowledge` has to list. */
  readonly names: readonly string[];
  /** The part that it was attached to. */
  readonly on: string;
  /** The heaps on whose rows it acts. */
  readonly heaps: readonly string[];
  readonly hasToBeAcknowledged: boolean;
  /** True for what may keep a row, whether it does or not. */
  readonly isKeeper: boolean;
  /** The rows that it keeps. */
  readonly keeps: (id: number) => boolean;
  readonly isRule: boolean;
  /** The name under which it writes each row that goes into the log. */
  readonly logsAs: string | undefined;
}

/** A table that refers to a target's. */
export interface HostTable {
  readonly name: string;
  readonly on: string;
  readonly heaps: readonly string[];
  readonly action: KeyAction;
  readonly columns: readonly string[];
  readonly deeper: { readonly name: string; readonly action: KeyAction } | undefined;
}

/** A target's table as it is believed to be: what the oracle judges by. */
export interface World {
  readonly plan: PlannedTable;
  readonly table: string;
  readonly parts: readonly Part[];
  readonly attached: readonly Attached[];
  readonly hosts: readonly HostTable[];
  /** Tables with rows that were the target's and are not any more. */
  readonly apart: readonly string[];
  readonly isSecured: boolean;
  readonly isWithoutZone: boolean;
  readonly self: KeyAction | undefined;
  /** Rows that somebody holds. */
  readonly held: ReadonlySet<number>;
}

const ACTING: readonly (KeyAction | undefined)[] = ['cascade', 'set null', 'set default'];
/** Something that does nothing. */
export const NOT_ATTACHED = {
  hasToBeAcknowledged: false,
  isKeeper: false,
  keeps: () => false,
  isRule: false,
  logsAs: undefined,
} as const;

/** True for an action by which others lose rows or values. */
export function isActing(action: KeyAction | undefined): boolean {
  return ACTING.includes(action);
}

/** The SQL condition for what is due. */
export function dueOf({ plan }: Pick<World, 'plan'>): string {
  return TARGETS[plan.target].due;
}

/** The column that tells how old a row is. */
export function ageOf({ plan }: Pick<World, 'plan'>): string {
  return TARGETS[plan.target].age;
}

/** The SQL expression of the instant before which rows are due. */
export function cutoffOf({ plan }: Pick<World, 'plan'>): string {
  return TARGETS[plan.target].cutoff;
}

export const onDelete = (action: KeyAction): string =>
  action === 'deferred' ? 'deferrable initially deferred' : `on delete ${action}`;

/** Runs a statement. */
export type Run = (sql: string, values?: unknown[]) => Promise<unknown>;

export function rootOf(parts: readonly Part[]): Part {
  return partAt(parts, 0);
}

export function partAt<Of>(parts: readonly Of[], index: number): Of {
  const part = parts[index % parts.length];
  if (part === undefined) {
    throw new Error('there is none');
  }
  return part;
}
