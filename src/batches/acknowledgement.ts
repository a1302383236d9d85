import type { AttachedEffect, AttachedObject } from '../database/attached-objects.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** Names of the option `cleanup.acknowledge`. */
export interface Acknowledged {
  readonly acknowledge: readonly string[];
}

/** Others lose rows or values, or the statement becomes something else, without a sign of it: a host has to say that it means this. */
const TO_ACKNOWLEDGE: readonly AttachedEffect[] = ['cascades', 'nulls', 'rewrites', 'bypassed'];

/** What an object does when rows of its table are deleted, as the rest of a sentence. */
export function effectOf({ effect, kind, sqlTable, reference }: AttachedObject): string {
  const referencing = reference?.table ?? '';
  return {
    fires: 'runs after each deletion, within its time-outs',
    'may-keep': 'runs before each row is deleted, and may keep it',
    rewrites: 'puts other statements in place of this one, or beside it',
    bypassed: `does not run for partitions and children, which are worked on one by one: a ${kind} of ${sqlTable} has no say there`,
    refuses: `keeps the rows that ${referencing} refers to`,
    cascades: `deletes rows of ${referencing} along with those of ${sqlTable} that they refer to`,
    nulls: `empties columns of ${referencing} that refer to deleted rows of ${sqlTable}`,
  }[effect];
}

/** True when an object is listed: by its long name, or by its short one where no other object of the table has the same. */
export function isAcknowledged(
  { kind, name, longName, reference }: AttachedObject,
  attached: readonly AttachedObject[],
  { acknowledge }: Acknowledged,
): boolean {
  const isAlone = attached.every(
    (other) => other.name !== name || (other.kind === kind && other.reference?.table === reference?.table),
  );
  return acknowledge.includes(longName) || (isAlone && acknowledge.includes(name));
}

/** The objects that have to be acknowledged for an event and are not, each once. */
export function unacknowledged(
  attached: readonly AttachedObject[],
  event: 'delete' | 'update',
  acknowledged: Acknowledged,
): readonly AttachedObject[] {
  return eachOnce(
    attached.filter(
      (object) =>
        (event === 'delete' ? object.onDelete : object.onUpdate) &&
        TO_ACKNOWLEDGE.includes(object.effect) &&
        !isAcknowledged(object, attached, acknowledged),
    ),
  );
}

/**
 * @param consequence what was not done, as a sentence without its full stop
 * @throws {MaintenanceError} `NOT_ACKNOWLEDGED` naming each object that has to be acknowledged and is not
 */
export function assertAcknowledged(
  attached: readonly AttachedObject[],
  event: 'delete' | 'update',
  acknowledged: Acknowledged,
  consequence: string,
): void {
  const found = unacknowledged(attached, event, acknowledged);
  if (found.length > 0) {
    const each = found.map((object) => `the ${object.kind} ${object.name} ${effectOf(object)}`);
    throw new MaintenanceError(
      'NOT_ACKNOWLEDGED',
      `${each.join('; ')}. ${consequence}: where that is meant, list it in the option cleanup.acknowledge: ${listOf(found)}`,
      { context: { objects: found.map(({ name }) => name) } },
    );
  }
}

/** The objects as the option lists them, in JavaScript; by their long names where two have the same short one. */
export function listOf(objects: readonly AttachedObject[]): string {
  const names = objects.map(({ name, longName }) =>
    objects.some((other) => other.name === name && other.longName !== longName && other.kind === 'foreign key')
      ? longName
      : name,
  );
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}

/** Those that may keep a due row from being deleted. */
export function keepersOf(attached: readonly AttachedObject[]): readonly AttachedObject[] {
  return eachOnce(
    attached.filter(({ effect, onDelete }) => onDelete && (effect === 'may-keep' || effect === 'rewrites')),
  );
}

/** Partitions have copies of one trigger. */
export function eachOnce(objects: readonly AttachedObject[]): readonly AttachedObject[] {
  const keyOf = ({ kind, name, effect, reference }: AttachedObject): string =>
    [kind, name, effect, reference?.table].join(' ');
  return objects.filter((object, index) => objects.findIndex((other) => keyOf(other) === keyOf(object)) === index);
}
