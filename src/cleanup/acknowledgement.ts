import type { AttachedEffect, AttachedObject } from '../database/attached-objects.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { CompleteCleanupSettings } from './cleanup-settings.js';

type Acknowledged = Pick<CompleteCleanupSettings, 'acknowledge'>;

/** Others lose rows or values, or the deletion becomes something else, without a sign of it: a host has to say that it means this. */
const TO_ACKNOWLEDGE: readonly AttachedEffect[] = ['cascades', 'nulls', 'rewrites', 'bypassed'];

/** Those that may keep a due row from being deleted. */
const MAY_KEEP: readonly AttachedEffect[] = ['may-keep', 'rewrites'];

/** What an object does when rows of its table are deleted, as the rest of a sentence. */
export function effectOf({ effect, kind, sqlTable, reference }: AttachedObject): string {
  const referencing = reference?.table ?? '';
  return {
    fires: 'runs after each deletion, within its time-outs',
    'may-keep': 'runs before each row is deleted, and may keep it',
    rewrites: 'puts other statements in place of the deletion, or beside it',
    bypassed: `does not run: rows are deleted from the partitions, one by one, where a ${kind} of ${sqlTable} has no say`,
    refuses: `keeps the rows that ${referencing} refers to`,
    cascades: `deletes rows of ${referencing} along with those of ${sqlTable} that they refer to`,
    nulls: `empties columns of ${referencing} that refer to deleted rows of ${sqlTable}`,
  }[effect];
}

/** The objects that have to be acknowledged and are not, each once. */
export function unacknowledged(
  attached: readonly AttachedObject[],
  { acknowledge }: Acknowledged,
): readonly AttachedObject[] {
  const found = attached.filter(
    ({ effect, onDelete, name }) => onDelete && TO_ACKNOWLEDGE.includes(effect) && !acknowledge.includes(name),
  );
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index);
}

/** @throws {MaintenanceError} `NOT_ACKNOWLEDGED` naming each object that has to be acknowledged and is not; nothing was deleted */
export function assertAcknowledged(attached: readonly AttachedObject[], settings: Acknowledged): void {
  const found = unacknowledged(attached, settings);
  if (found.length > 0) {
    const each = found.map((object) => `the ${object.kind} ${object.name} ${effectOf(object)}`);
    throw new MaintenanceError(
      'NOT_ACKNOWLEDGED',
      `${each.join('; ')}. Nothing was deleted: where that is meant, list it in the option cleanup.acknowledge: ${listOf(found)}`,
      { context: { objects: found.map(({ name }) => name) } },
    );
  }
}

/** The objects as the option lists them, in JavaScript. */
export function listOf(objects: readonly AttachedObject[]): string {
  return `[${objects.map(({ name }) => `'${name}'`).join(', ')}]`;
}

/** Whoever may have kept due rows from being deleted without being acknowledged. */
export function unacknowledgedKeepers(
  attached: readonly AttachedObject[],
  { acknowledge }: Acknowledged,
): readonly AttachedObject[] {
  return attached.filter(
    ({ effect, onDelete, name }) => onDelete && MAY_KEEP.includes(effect) && !acknowledge.includes(name),
  );
}
