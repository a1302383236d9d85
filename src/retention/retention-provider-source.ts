import type { InjectionToken, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { hasOwn } from '../validation/own-properties.js';
import type { RetentionPolicy } from './retention-policy.js';
import { type RetentionProvider, StaticRetentionProvider } from './retention-provider.js';

/** The values of the `retention` option: a policy in plain values, or where to find a {@link RetentionProvider}. */
export type RetentionSource =
  | RetentionPolicy
  /** Instantiated once by this module; its dependencies come from the module's `imports` and from global modules. */
  | { readonly useClass: Type<RetentionContract> }
  /** An instance that the host already provides, wherever in the application. */
  | { readonly useExisting: InjectionToken<RetentionContract> }
  /** A function that makes it, given the instances of the `inject` tokens, wherever in the application they are provided. */
  | {
      readonly useFactory: (...dependencies: never[]) => RetentionContract | Promise<RetentionContract>;
      readonly inject?: readonly InjectionToken[];
    };

/** The shape of a provider; extending {@link RetentionProvider} is not needed. */
export type RetentionContract = Pick<RetentionProvider, 'getRetention'>;

/** Makes or finds the provider that a source names. */
export async function resolveRetentionProvider(
  source: RetentionSource,
  moduleRef: ModuleRef,
): Promise<RetentionContract> {
  if (hasOwn(source, 'useClass')) {
    return moduleRef.create(source.useClass);
  }
  if (hasOwn(source, 'useExisting')) {
    return moduleRef.get<RetentionContract>(source.useExisting, { strict: false });
  }
  if (hasOwn(source, 'useFactory')) {
    const dependencies = (source.inject ?? []).map((token) => moduleRef.get<unknown>(token, { strict: false }));
    return source.useFactory(...(dependencies as never[]));
  }
  return new StaticRetentionProvider(source);
}
