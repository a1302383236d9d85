/**
 * What an object does when a row goes, or changes:
 *
 * - `fires`: a trigger that runs after the fact, or once a statement. `may-keep`: one that runs before it, for each row, and may keep the
 *   row or do something else instead. `rewrites`: a rule, which puts other statements in place of this one or beside it.
 * - `bypassed`: a trigger or rule of a partitioned table that only acts on statements which name that table; this package's name its leaves.
 * - `refuses`: a foreign key by which a row that is referred to cannot go. `cascades`, `nulls`: one that deletes the rows which refer to it,
 *   or empties their columns.
 */
export type AttachedEffect = 'fires' | 'may-keep' | 'rewrites' | 'bypassed' | 'refuses' | 'cascades' | 'nulls';

/** A trigger, a rule or an incoming foreign key of a table. */
export interface AttachedObject {
  readonly kind: 'trigger' | 'rule' | 'foreign key';
  /** Schema and name, such as `public.keep_admins`: what `cleanup.acknowledge` lists. A key's are those of the table that refers. */
  readonly name: string;
  /** Schema, table and name, such as `public.users.keep_admins`, which `cleanup.acknowledge` may list as well. */
  readonly longName: string;
  readonly effect: AttachedEffect;
  readonly onDelete: boolean;
  readonly onUpdate: boolean;
  /** The table that it belongs to, or that a key refers to, escaped for SQL. */
  readonly sqlTable: string;
  /** The heap that it acts on alone; undefined when it acts on all heaps below a partitioned table. */
  readonly sqlHeap: string | undefined;
  /** Of a key: the table that refers. */
  readonly reference: KeyReference | undefined;
}

/** The side of a foreign key that refers to others. */
export interface KeyReference {
  /** Schema and name, such as `app.sessions`. */
  readonly table: string;
  /** The same of all its partitions, itself included: an error names any of them. */
  readonly tables: readonly string[];
  /** True for a key to the heap itself; false for one to rows that a cascade deletes. */
  readonly isDirect: boolean;
  /** True for a key within the heap's own table. */
  readonly isWithinTable: boolean;
  /** The same, escaped for SQL, without the rows of inheriting children, which the key says nothing of. */
  readonly sqlTable: string;
  /** The condition that a row of it refers to a row of the heap, which goes by the alias `heap`; its own is `referencing`. */
  readonly sqlMatch: string;
  /** True when an index leads with the columns that refer, at least the first of them: otherwise each deletion reads the whole table. */
  readonly isIndexed: boolean;
}

/** A relation that a table consists of. */
export interface Part {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly sqlName: string;
  readonly isHeap: boolean;
}

/** Those that act when rows of a heap are deleted, or updated. */
export function attachedTo(
  attached: readonly AttachedObject[],
  event: 'delete' | 'update',
  { sqlName }: { readonly sqlName: string },
): readonly AttachedObject[] {
  return attached.filter(
    ({ onDelete, onUpdate, effect, sqlHeap }) =>
      (event === 'delete' ? onDelete : onUpdate) &&
      effect !== 'bypassed' &&
      (sqlHeap === undefined || sqlHeap === sqlName),
  );
}
