import type * as v from 'valibot';
import { withoutPrototype } from './own-properties.js';

/** A section of the module's options. Its feature owns it; `options/` puts all of them together. */
export interface SettingsSection<Name extends string = string, Given = object, Complete = object> {
  /** Its name among the options, such as `cleanup`. */
  readonly name: Name;
  /** DI token of the complete settings. */
  readonly token: symbol;
  readonly schema: v.GenericSchema;
  /** Fills in the defaults of settings that were found valid. */
  complete(given: Given | undefined): Complete;
  /** Its settings that decide what goes and what stays, on which a command line must agree with the applications. @default none */
  readonly policy?: readonly string[];
  /** How such a setting is noted for that, where it is not numbers, texts and lists of texts already. @default as it stands */
  readonly notedAs?: Readonly<Record<string, (value: never) => unknown>>;
}

/** Declares a section whose settings are completed field by field; the complete ones have no prototype. */
export function defineSettings<const Name extends string, Complete extends object>(
  section: Pick<SettingsSection<Name>, 'name' | 'token' | 'schema'> & {
    readonly defaults: Complete;
    readonly policy?: readonly (keyof Complete & string)[];
    readonly notedAs?: { readonly [Field in keyof Complete]?: (value: Complete[Field]) => unknown };
  },
): SettingsSection<Name, object, Complete> {
  const { name, token, schema, policy = [], notedAs = {}, defaults } = section;
  const complete = (given = {}): Complete => withoutPrototype({ ...defaults, ...withoutUndefined(given) });
  return { name, token, schema, policy, notedAs, complete };
}

/** The fields that are given; an undefined one counts as missing. */
export function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as ReturnType<
    typeof withoutUndefined<Value>
  >;
}
