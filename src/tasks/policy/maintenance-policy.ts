import { createHash } from 'node:crypto';
import type { PolicyDifference } from '../../errors/policy-differs.error.js';
import { onOneLine } from '../../text/format.js';

/** A value of a policy. */
export type PolicyValue = number | boolean | string | null | readonly string[];

/**
 * What decides which rows go and which stay, value by value, by the path of the option, such as `retention.auditLogDays`. It has no names
 * of tables, columns, triggers or keys, and nothing is ever deleted by what another process noted: it is compared.
 */
export type MaintenancePolicy = Readonly<Record<string, PolicyValue>>;

/** DI token of the {@link MaintenancePolicy} of the options. */
export const MAINTENANCE_POLICY = Symbol('TENXYTE_MAINTENANCE_POLICY');

/** The value of `retention` where a provider decides at every run, so that there are none to compare. */
export const DECIDED_BY_PROVIDER = 'decided by a provider';

/** The values of a part of the options, each by its path; lists in the order of their entries, as they are sets. */
export function policyValues(path: string, value: unknown): MaintenancePolicy {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const parts = Object.entries(value).map(([name, part]) => policyValues(`${path}.${name}`, part));
    return Object.assign({}, ...parts) as MaintenancePolicy;
  }
  return { [path]: Array.isArray(value) ? (value as string[]).toSorted() : ((value ?? null) as PolicyValue) };
}

/** The same for the same values, whatever their order: 16 hexadecimal digits. */
export function policyDigest(policy: MaintenancePolicy): string {
  const entries = Object.entries(policy).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}

/** The values that differ between two policies, those that one of them does not have among them, in the order of their paths. */
export function policyDifferences(here: MaintenancePolicy, there: MaintenancePolicy): PolicyDifference[] {
  const paths = [...new Set([...Object.keys(here), ...Object.keys(there)])].toSorted();
  return paths
    .map((path) => ({ path, here: inWords(here[path]), there: inWords(there[path]) }))
    .filter((difference) => difference.here !== difference.there);
}

/** The parts of a policy that belong to some sections of the options. @param except the names of single values that are left out; their bounds are not */
export function policySections(
  policy: MaintenancePolicy,
  sections: readonly string[],
  except: readonly string[] = [],
): MaintenancePolicy {
  const isWanted = (path: string): boolean => {
    const section = path.replace(/\..*$/s, '');
    return sections.includes(section) && !except.includes(path.slice(section.length + 1));
  };
  return Object.fromEntries(Object.entries(policy).filter(([path]) => isWanted(path)));
}

/** Whoever may write to the database chooses what stands in its records. */
function inWords(value: unknown): string {
  return value === undefined || value === null ? 'not set' : onOneLine(JSON.stringify(value));
}
