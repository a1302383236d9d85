import type { EntityClass } from '../../tenxyte/tenxyte-entities.js';
import { withoutPrototype } from '../../validation/own-properties.js';
import type { TargetDimensions } from '../../holds/hold-dimensions.js';

/** When a row of a host's own target is due, in terms of the properties of its entity. Comparisons are strict: a row exactly at a cutoff stays. */
export type OwnDueCondition<Property extends string = string> =
  /** The column lies more than so many days back; 1 to 36,500. */
  | { readonly before: Property; readonly days: number }
  /**
   * The column lies further back than the target's own `retention`, where 0 keeps every row, or than `retention.expiredGraceMinutes`, by
   * which everything that expires waits.
   */
  | { readonly before: Property; readonly cutoff: 'retention' | 'expiredGraceMinutes' }
  | { readonly isTrue: Property }
  | { readonly isNull: Property }
  | { readonly differs: Property; readonly from: string }
  /** At least one of them holds. */
  | { readonly anyOf: readonly OwnDueCondition<Property>[] }
  /** All of them hold. */
  | { readonly allOf: readonly OwnDueCondition<Property>[] };

/** A table of the host's own that the cleanup works on. Each of its due rows satisfies an age (`before`) or a flag (`isTrue`). */
export interface OwnCleanupTarget<Name extends string = string, Property extends string = string> {
  /** The name in reports, on the command line and in metrics: small letters, digits and underscores, at most 40. */
  readonly name: Name;
  /** An entity class that the data source knows, with a table of its own, on which no other target works. */
  readonly entity: EntityClass;
  /** Which rows are deleted, in a few words. */
  readonly summary: string;
  readonly dueWhen: OwnDueCondition<Property>;
  /** Days that rows are kept, for conditions with `cutoff: 'retention'`; 0 to 36,500. 0 = forever. @default none */
  readonly retention?: { readonly days: number };
  /** Where a row says whom and what it belongs to; `{}` when it does not. */
  readonly dimensions: TargetDimensions<Property>;
}

/** The names of an entity's properties. */
type PropertyOf<Entity extends EntityClass> = keyof InstanceType<Entity> & string;

/** Declares a table of the host's own for `cleanup.targets`; the compiler checks the names of the entity's properties. */
export function defineOwnTarget<const Name extends string, Entity extends EntityClass>(
  target: OwnCleanupTarget<Name, PropertyOf<Entity>> & { readonly entity: Entity },
): OwnCleanupTarget<Name> {
  return withoutPrototype(target);
}
