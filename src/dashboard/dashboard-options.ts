import type { CanActivate, DynamicModule, Type } from '@nestjs/common';
import * as v from 'valibot';
import { strictObject } from '../validation/strict-object.js';
import { findProblems } from '../validation/validation.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { MaintenanceConfigError } from '../index.js';

/** What somebody may do: count in a dry run, run a task, cancel a run, pause and resume tasks, place and release legal holds. */
export const DASHBOARD_RIGHTS = ['dry-run', 'run', 'cancel', 'pause', 'hold'] as const;

/** One of the {@link DASHBOARD_RIGHTS}. */
export type DashboardRight = (typeof DASHBOARD_RIGHTS)[number];

/** What whoever asks may do: everything, look at everything, nothing, or look and do what is listed. */
export type DashboardAccess = 'all' | 'read-only' | 'forbidden' | { readonly can: readonly DashboardRight[] };

/**
 * The host's own request, as its guards see it: Express's or Fastify's, with whatever a guard has put on it. Name the type in the parameter of
 * your function.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- The host knows the type of its own requests, and this module cannot.
export type DashboardRequest = any;

/** The options of {@link TenxyteMaintenanceDashboardModule.forRoot}. */
export interface DashboardOptions {
  /**
   * The guards of the host that decide who comes in, on top of its global ones; or `'none'`, spelled out, where those or a network keep
   * strangers away. It does not start without.
   */
  readonly guards: readonly (Type<CanActivate> | CanActivate)[] | 'none';
  /** The modules that the guards' own dependencies come from. @default none */
  readonly imports?: DynamicModule['imports'];
  /** Where it is, below the host's global prefix: without a slash at either end. @default 'maintenance' */
  readonly path?: string;
  /** What whoever asks may do, by the host's own request. @default 'all', as the guards let him in */
  readonly access?: (request: DashboardRequest) => DashboardAccess | Promise<DashboardAccess>;
  /**
   * Who asks, as it is recorded with what he does: of 1 to 200 printable characters. Legal holds take somebody; without him none is placed or
   * released here. @default nobody in particular
   */
  readonly actor?: (request: DashboardRequest) => string | undefined | Promise<string | undefined>;
  /** Whether nobody may do anything here but look, whatever `access` says. @default false */
  readonly readOnly?: boolean;
  /** What it is called, on every page. @default 'Maintenance' */
  readonly title?: string;
}

/** The options with every default filled in. */
export type CompleteDashboardOptions = Required<DashboardOptions>;

/** DI token of the {@link CompleteDashboardOptions}. */
export const DASHBOARD_OPTIONS = Symbol('TENXYTE_MAINTENANCE_DASHBOARD_OPTIONS');

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isGuard = (value: unknown): boolean =>
  isFunction(value) || (typeof value === 'object' && value !== null && isFunction(Reflect.get(value, 'canActivate')));

const optionsSchema = strictObject(
  {
    guards: v.custom<DashboardOptions['guards']>(
      (value) => value === 'none' || (Array.isArray(value) && value.length > 0 && value.every(isGuard)),
      `a list of the host's guards, such as [AdminGuard], or 'none' where something else keeps strangers away`,
    ),
    imports: v.optional(v.custom(Array.isArray, 'a list of modules')),
    path: v.optional(
      v.pipe(
        v.string('a path'),
        v.regex(/^[\w-]+(\/[\w-]+)*$/, 'a path of letters, digits, _ and -, without a slash at either end'),
      ),
    ),
    access: v.optional(v.custom(isFunction, 'a function of the request')),
    actor: v.optional(v.custom(isFunction, 'a function of the request')),
    readOnly: v.optional(v.boolean('true or false')),
    title: v.optional(v.pipe(v.string('a title'), v.regex(/^\S.{0,59}$/u, 'a title of 1 to 60 characters'))),
  },
  'an object of options',
);

/** @throws {MaintenanceConfigError} listing every problem */
export function completeDashboardOptions(options: DashboardOptions): CompleteDashboardOptions {
  const problems = findProblems(optionsSchema, options);
  if (problems.length > 0) {
    throw new MaintenanceConfigError('Invalid options of TenxyteMaintenanceDashboardModule', problems);
  }
  const given = withoutPrototype(options);
  return {
    guards: given.guards,
    imports: given.imports ?? [],
    path: given.path ?? 'maintenance',
    access: given.access ?? (() => 'all'),
    actor: given.actor ?? (() => undefined),
    readOnly: given.readOnly ?? false,
    title: given.title ?? 'Maintenance',
  };
}
