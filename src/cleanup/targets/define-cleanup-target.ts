import type { TargetDimensions } from '../../holds/hold-dimensions.js';
import type { RetentionOption } from '../../retention/retention-policy.js';
import type { EntityClass, TenxyteEntityName, TenxyteEntityProperty } from '../../tenxyte/tenxyte-entities.js';
import { withoutPrototype } from '../../validation/own-properties.js';

/** What a cutoff is reckoned by: an option of the retention policy, or the days of a host's own target, where 0 is forever. */
export type Cutoff = RetentionOption | { readonly days: number };

/** When a row is due, in terms of the entity's properties. Comparisons are strict: a row exactly at a cutoff stays. */
export type DueCondition<Property extends string = string> =
  /** The column lies before the cutoff. False where that is reckoned by an option that is 0 and keeps forever. */
  | { readonly before: Property; readonly cutoff: Cutoff }
  | { readonly isTrue: Property }
  | { readonly isNull: Property }
  | { readonly differs: Property; readonly from: string }
  /** The condition holds, and, when the option is above 0, the column also lies before the cutoff it gives. */
  | { readonly when: DueCondition<Property>; readonly graceSince: Property; readonly cutoff: Cutoff }
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
export interface CleanupTarget<
  Name extends string = string,
  Entity extends CleanupEntityName | EntityClass = CleanupEntityName | EntityClass,
> {
  /** The stable name, in options, on the command line and in reports: Tenxyte's own table name. */
  readonly name: Name;
  /** A class is a host's own target, on a table of the host's. */
  readonly entity: Entity;
  /** Which rows are deleted, in a few words, for help texts and documentation. */
  readonly summary: string;
  readonly dueWhen: DueCondition;
  readonly dimensions: TargetDimensions;
  /** The option counted in days that reports show as this target's retention. None for targets ruled by expiry alone. */
  readonly retention?: { readonly option: RetentionOption };
  /** The retention of a host's own target, in place of an option. 0 = forever. */
  readonly retentionDays?: number;
}

/** True of a target on a table of the host's, which has neither Tenxyte's owner nor its migrations. */
export function isOwnTarget<Name extends string>(
  target: CleanupTarget<Name>,
): target is CleanupTarget<Name, EntityClass> {
  return typeof target.entity === 'function';
}

/** Declares a target; the entity's properties are checked by the compiler. */
export function defineCleanupTarget<const Name extends string, Entity extends CleanupEntityName>(
  target: CleanupTarget<Name, Entity> & {
    readonly dueWhen: DueCondition<EntityProperty<Entity>>;
    readonly dimensions: TargetDimensions<EntityProperty<Entity>>;
  },
): CleanupTarget<Name, Entity> {
  return withoutPrototype(target);
}
