import type { TargetDimensions } from '../../holds/hold-dimensions.js';
import type { RetentionOption } from '../../retention/retention-policy.js';
import type { TenxyteEntityName, TenxyteEntityProperty } from '../../tenxyte/tenxyte-entities.js';
import { withoutPrototype } from '../../validation/own-properties.js';

/** When a row is due, in terms of the entity's properties. Comparisons are strict: a row exactly at a cutoff stays. */
export type DueCondition<Property extends string = string> =
  /** The column lies before the cutoff that the retention option gives. False where the option is 0 and that keeps forever. */
  | { readonly before: Property; readonly cutoff: RetentionOption }
  | { readonly isTrue: Property }
  | { readonly isNull: Property }
  | { readonly differs: Property; readonly from: string }
  /** The condition holds, and, when the option is above 0, the column also lies before the cutoff it gives. */
  | { readonly when: DueCondition<Property>; readonly graceSince: Property; readonly cutoff: RetentionOption }
  | { readonly anyOf: readonly DueCondition<Property>[] }
  | { readonly allOf: readonly DueCondition<Property>[] };

/** This package's own runs, as far as the cleanup reads them. */
type MaintenanceRunProperty = 'finishedAt';

/** The entity of a target: one of Tenxyte's, or this package's own table. */
export type CleanupEntityName = TenxyteEntityName | 'MaintenanceRun';

type EntityProperty<Entity extends CleanupEntityName> = Entity extends TenxyteEntityName
  ? TenxyteEntityProperty<Entity>
  : MaintenanceRunProperty;

/** A table that the cleanup works on. */
export interface CleanupTarget<Name extends string = string> {
  /** The stable name, in options, on the command line and in reports: Tenxyte's own table name. */
  readonly name: Name;
  readonly entity: CleanupEntityName;
  /** Which rows are deleted, in a few words, for help texts and documentation. */
  readonly summary: string;
  readonly dueWhen: DueCondition;
  readonly dimensions: TargetDimensions;
  /** The option counted in days that reports show as this target's retention. None for targets ruled by expiry alone. */
  readonly retention?: { readonly option: RetentionOption };
}

/** Declares a target; the entity's properties are checked by the compiler. */
export function defineCleanupTarget<const Name extends string, Entity extends CleanupEntityName>(
  target: CleanupTarget<Name> & {
    readonly entity: Entity;
    readonly dueWhen: DueCondition<EntityProperty<Entity>>;
    readonly dimensions: TargetDimensions<EntityProperty<Entity>>;
  },
): CleanupTarget<Name> {
  return withoutPrototype(target);
}
