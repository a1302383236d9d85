import { AsyncLocalStorage } from 'node:async_hooks';

/** Where the module runs: in an application, with schedules, or under one call of the command line. */
export type RunEnvironment = 'application' | 'command-line';

/** DI token of the {@link RunEnvironment}. */
export const RUN_ENVIRONMENT = Symbol('TENXYTE_MAINTENANCE_RUN_ENVIRONMENT');

/**
 * How a run by hand stands to the policies that applications noted on the same database. `none`: it is a call of an application, whose
 * policy it is. `own`: a command line was told to go by its own, and says where it differs. `compared`: it must be theirs.
 * `shared-provider`: the same, but where a provider decides here and there, it is the application's own.
 */
export type PolicyComparison = 'none' | 'own' | 'compared' | 'shared-provider';

/** DI token of the {@link PolicyComparison}. */
export const POLICY_COMPARISON = Symbol('TENXYTE_MAINTENANCE_POLICY_COMPARISON');

const commandLine = new AsyncLocalStorage<PolicyComparison>();

/** Boots under a call of the command line: modules that are mounted meanwhile start nothing by themselves, the host's own included. */
export function underCommandLine<Result>(comparison: PolicyComparison, boot: () => Promise<Result>): Promise<Result> {
  return commandLine.run(comparison, boot);
}

/** The environment that a module is mounted in. */
export const RUN_ENVIRONMENT_PROVIDERS = [
  {
    provide: RUN_ENVIRONMENT,
    useFactory: (): RunEnvironment => (commandLine.getStore() === undefined ? 'application' : 'command-line'),
  },
  { provide: POLICY_COMPARISON, useFactory: (): PolicyComparison => commandLine.getStore() ?? 'none' },
];
