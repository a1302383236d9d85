/** Where the module runs: in an application, with schedules, or under one call of the command line. */
export type RunEnvironment = 'application' | 'command-line';

/** DI token of the {@link RunEnvironment}. */
export const RUN_ENVIRONMENT = Symbol('TENXYTE_MAINTENANCE_RUN_ENVIRONMENT');
