import type { PolicyComparison } from '../contract/run-environment.js';
import { differencesText } from '../errors/policy-differs.error.js';
import type { NotedPolicy } from '../tasks/policy/applications-table.js';
import { type MaintenancePolicy, policyDifferences } from '../tasks/policy/maintenance-policy.js';
import type { DoctorCheck } from './doctor-report.js';

/** Whether all who work on the database go by one policy. @param noted those in force, each once */
export function policyChecks(
  own: MaintenancePolicy,
  comparison: PolicyComparison,
  noted: readonly NotedPolicy[],
): DoctorCheck[] {
  const [first, ...others] = noted.map((one) => ({ ...one, policy: Object(one.policy) as MaintenancePolicy }));
  if (first === undefined) {
    return [];
  }
  if (others.length > 0) {
    return others.map(({ policy, owner }) => ({
      name: 'policy',
      level: 'problem',
      message: `the applications ${first.owner} (here) and ${owner} (there) go by different policies: ${differencesText(policyDifferences(first.policy, policy))}`,
      whatToDo:
        'wait when a new release is being rolled out; otherwise give both the same options: whichever runs a slot decides what goes',
    }));
  }
  const differences = policyDifferences(own, first.policy);
  if (differences.length > 0 && comparison !== 'none') {
    return [
      {
        name: 'policy',
        level: 'advice',
        message: `this command line does not go by the policy of the application ${first.owner} (there): ${differencesText(differences)}`,
        whatToDo: "give it the application's values in a config file, or boot the application's own module with --app",
      },
    ];
  }
  return [{ name: 'policy', level: 'ok', message: 'whoever works on this database goes by one policy' }];
}
