import { type Acknowledged, eachOnce, effectOf, isAcknowledged, unacknowledged } from '../batches/acknowledgement.js';
import type { AttachedObject } from '../database/attached-objects.js';
import type { DoctorCheck } from './doctor-report.js';

/** Lists each trigger, rule and key that a deletion from a target's table sets off, and what it will do. */
export function attachedChecks(
  subject: string,
  attached: readonly AttachedObject[],
  acknowledged: Acknowledged,
): DoctorCheck[] {
  const refused = unacknowledged(attached, 'delete', acknowledged);
  return eachOnce(attached.filter(({ onDelete }) => onDelete)).map((object) => {
    const { kind, name, effect, reference } = object;
    const base = { name: 'attached', subject, message: `the ${kind} ${name} ${effectOf(object)}` } as const;
    if (refused.includes(object)) {
      const message = `${base.message}: every run is refused`;
      const whatToDo = `where that is meant, list it in the option cleanup.acknowledge: ['${name}']`;
      return { ...base, level: 'problem', message, whatToDo };
    }
    if (effect === 'may-keep' && !isAcknowledged(object, attached, acknowledged)) {
      const whatToDo = `nothing when it keeps none; otherwise list it in the option cleanup.acknowledge: ['${name}']`;
      return { ...base, level: 'advice', whatToDo };
    }
    if (reference?.isIndexed === false) {
      const message = `${base.message}; ${reference.table} has no index on the columns that refer, so each deleted row reads all of it`;
      return { ...base, level: 'advice', message, whatToDo: 'create index concurrently on those columns' };
    }
    return { ...base, level: 'ok' };
  });
}

/** Lists each trigger and rule that the suspension of an agent sets off. */
export function agentAttachedChecks(subject: string, attached: readonly AttachedObject[]): DoctorCheck[] {
  return eachOnce(attached.filter(({ onUpdate }) => onUpdate)).map(({ kind, name, effect }) => {
    const base = { name: 'attached', subject } as const;
    return effect === 'fires'
      ? { ...base, level: 'ok', message: `the ${kind} ${name} runs after each suspension, within its time-outs` }
      : {
          ...base,
          level: 'advice',
          message: `the ${kind} ${name} may keep an agent from being suspended, or be passed by`,
          whatToDo: 'nothing when it does not: a run that it keeps from suspending an agent fails and names it',
        };
  });
}

/** Lists each trigger and rule that an update of a TOTP secret sets off. */
export function userAttachedChecks(subject: string, attached: readonly AttachedObject[]): DoctorCheck[] {
  return eachOnce(attached.filter(({ onUpdate }) => onUpdate)).map(({ kind, name, effect }) => {
    const base = { name: 'attached', subject } as const;
    return effect === 'fires'
      ? {
          ...base,
          level: 'ok',
          message: `the ${kind} ${name} runs after each update of a secret, which is read again then`,
        }
      : {
          ...base,
          level: 'advice',
          message: `the ${kind} ${name} may keep or change a secret that is rotated`,
          whatToDo: 'nothing when it does not: a rotation that finds a secret kept or changed says so and names it',
        };
  });
}
