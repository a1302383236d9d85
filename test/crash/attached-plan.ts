import fc from 'fast-check';

/** A target whose table a round builds. */
export type PlannedTarget = 'login_attempts' | 'refresh_tokens';

/** A random row: microseconds from the cutoff, and what only refresh tokens have. */
export interface PlannedRow {
  readonly age: number;
  readonly isRevoked: boolean;
  readonly used: number;
  /** The row that it refers to where the table refers to itself, by number; undefined for none. */
  readonly parent: number | undefined;
}

/** What becomes of the rows that refer to a row that goes; `deferred` keeps it too, at the commit. */
export type KeyAction = 'no action' | 'restrict' | 'deferred' | 'cascade' | 'set null' | 'set default';

/** A table that refers to a target. */
export interface PlannedKey {
  readonly action: KeyAction;
  /** Which part of the table it refers to, counted from the root, modulo the parts. */
  readonly to: number;
  readonly isOfSeveralColumns: boolean;
  readonly isIndexed: boolean;
  readonly isPartitioned: boolean;
  /** Its rows: the row that each refers to, and whether one column of several is null, so that it refers to none. */
  readonly rows: readonly { readonly row: number; readonly isPartial: boolean }[];
  /** A further table that refers to every second row of it. */
  readonly deeper: KeyAction | undefined;
}

/** When a trigger or rule runs, as `pg_trigger.tgenabled` has it: origin, always, replica, disabled. */
export type Firing = 'O' | 'A' | 'R' | 'D';

/** A trigger for deletions. The keeping ones keep the rows whose id modulo 3 is `rest`; `cancels` acts as a time-out would on many rows. */
export interface PlannedTrigger {
  readonly kind: 'logs' | 'counts' | 'cancels' | 'lets go' | 'keeps' | 'marks';
  readonly on: number;
  readonly firing: Firing;
  readonly rest: number;
}

/** A rule for deletions. */
export interface PlannedRule {
  readonly kind: 'nothing' | 'also';
  readonly on: number;
  readonly firing: Firing;
  readonly rest: number;
}

/** A target's table with its rows and all that is attached to it. */
export interface PlannedTable {
  readonly target: PlannedTarget;
  readonly shape: 'plain' | 'partitioned' | 'sub-partitioned' | 'inherited';
  readonly by: 'id' | 'age';
  /** True when rows fill a page each and there are many, so that a heap takes several batches. */
  readonly isLarge: boolean;
  readonly hasAgeIndex: boolean;
  readonly rows: readonly PlannedRow[];
  /** What the key does by which the table refers to itself; undefined for none. */
  readonly self: KeyAction | undefined;
  readonly keys: readonly PlannedKey[];
  readonly triggers: readonly PlannedTrigger[];
  readonly rules: readonly PlannedRule[];
  /** Which part has row level security, counted from the root. */
  readonly securedPart: number | undefined;
}

/** What somebody does to a table in mid-run. */
export const CHANGES = [
  'detach partition',
  'drop partition',
  'vacuum full',
  'add column',
  'alter type',
  'replace',
  'add cascade',
  'add key',
  'add trigger',
  'refer',
  'revive',
  'insert',
] as const;

/** What happens beside the run: nothing, rows that somebody holds, or a change as the so manieth batch begins. */
export type Disturbance =
  | { readonly kind: 'none' }
  | { readonly kind: 'hold'; readonly rows: readonly number[]; readonly mode: 'for update' | 'for key share' }
  | {
      readonly kind: 'change';
      readonly change: (typeof CHANGES)[number];
      readonly atBatch: number;
      readonly part: number;
      readonly rows: readonly number[];
    };

/** One round. */
export interface Round {
  readonly tables: readonly PlannedTable[];
  /** True when the run's role is not the owner. */
  readonly isOtherRole: boolean;
  /** True when it may read the tables that refer. */
  readonly mayReadHosts: boolean;
  /** Which of the names are acknowledged: all, none, or each by a bit. */
  readonly acknowledge: 'all' | 'none' | number;
  readonly maxReferencedRows: number;
  /** The table that the disturbance is about, modulo the tables. */
  readonly disturbed: number;
  readonly disturbance: Disturbance;
}

export const MAX_ROWS = 30;
const HOUR_US = 3_600_000_000;
const rowNumber = fc.integer({ min: 1, max: MAX_ROWS });
const rowNumbers = fc.array(rowNumber, { maxLength: 6 });
const part = fc.nat({ max: 5 });
const rest = fc.nat({ max: 2 });
const firing = fc.constantFrom<Firing>('O', 'O', 'O', 'O', 'A', 'D', 'R');
const age = fc.constantFrom(-9600 * HOUR_US, -9600 * HOUR_US, -HOUR_US, -1, 0, 1, HOUR_US, 1900 * HOUR_US);
const action = fc.constantFrom<KeyAction>(
  'no action',
  'restrict',
  'deferred',
  'no action',
  'cascade',
  'set null',
  'set default',
);

const plannedRow: fc.Arbitrary<PlannedRow> = fc.record({
  age,
  isRevoked: fc.boolean(),
  used: fc.constantFrom(-9600 * HOUR_US, -1, 0, HOUR_US),
  parent: fc.option(rowNumber, { nil: undefined, freq: 2 }),
});
const key: fc.Arbitrary<PlannedKey> = fc.record({
  action,
  to: part,
  isOfSeveralColumns: fc.boolean(),
  isIndexed: fc.boolean(),
  isPartitioned: fc.boolean(),
  rows: fc.array(fc.record({ row: rowNumber, isPartial: fc.boolean() }), { maxLength: 8 }),
  deeper: fc.option(action, { nil: undefined }),
});
const trigger: fc.Arbitrary<PlannedTrigger> = fc.record({
  kind: fc.constantFrom<PlannedTrigger['kind']>('logs', 'counts', 'cancels', 'lets go', 'keeps', 'marks'),
  on: part,
  firing,
  rest,
});
const rule: fc.Arbitrary<PlannedRule> = fc.record({
  kind: fc.constantFrom<PlannedRule['kind']>('nothing', 'also'),
  on: part,
  firing,
  rest,
});

function rarely<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** A row that a trigger keeps from a cascade is left referring to nothing, which is the host's own doing. */
function withoutKeepers(plan: PlannedTable): PlannedTable {
  return { ...plan, triggers: plan.triggers.filter(({ kind }) => kind !== 'keeps' && kind !== 'marks'), rules: [] };
}

function table(target: PlannedTarget): fc.Arbitrary<PlannedTable> {
  return fc
    .record({
      target: fc.constant(target),
      shape: fc.constantFrom<PlannedTable['shape']>('plain', 'partitioned', 'sub-partitioned', 'inherited'),
      by: fc.constantFrom<PlannedTable['by']>('id', 'age'),
      isLarge: fc.integer({ min: 0, max: 3 }).map((chance) => chance === 0),
      hasAgeIndex: fc.boolean(),
      rows: fc.array(plannedRow, { minLength: 4, maxLength: MAX_ROWS }),
      self: rarely(action),
      keys: fc.array(key, { maxLength: 2 }),
      triggers: fc.array(trigger, { maxLength: 2 }),
      rules: fc.integer({ min: 0, max: 3 }).chain((chance) => fc.array(rule, { maxLength: chance === 0 ? 1 : 0 })),
      securedPart: rarely(part),
    })
    .map((plan) => (plan.self === 'cascade' ? withoutKeepers(plan) : plan));
}

/** Every round. */
export const round: fc.Arbitrary<Round> = fc.record({
  tables: fc.oneof(
    { weight: 2, arbitrary: fc.tuple(table('login_attempts')) },
    { weight: 1, arbitrary: fc.tuple(table('refresh_tokens')) },
    { weight: 1, arbitrary: fc.tuple(table('refresh_tokens'), table('login_attempts')) },
  ),
  isOtherRole: fc.integer({ min: 0, max: 2 }).map((chance) => chance === 0),
  mayReadHosts: fc.boolean(),
  acknowledge: fc.oneof(
    { weight: 5, arbitrary: fc.constant('all' as const) },
    { weight: 1, arbitrary: fc.constant('none' as const) },
    { weight: 2, arbitrary: fc.nat({ max: 255 }) },
  ),
  maxReferencedRows: fc.constantFrom(0, 2, 1_000),
  disturbed: fc.nat({ max: 1 }),
  disturbance: fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('none' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('hold' as const),
        rows: rowNumbers,
        mode: fc.constantFrom('for update' as const, 'for key share' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        change: fc.constantFrom('detach partition' as const, 'drop partition' as const, ...CHANGES),
        atBatch: fc.constantFrom(1, 1, 1, 2, 2, 3),
        part,
        rows: rowNumbers,
      }),
    },
  ),
});
