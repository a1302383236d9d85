import * as v from 'valibot';
import { inheritedNames } from './own-properties.js';

/** The words of {@link strictObject} about a key that it does not know. */
export const UNKNOWN_KEY = { received: 'not an option', accepted: 'one of the documented names' } as const;

/** The words about a known key that an object does not have itself. */
export const INHERITED_KEY = {
  received: 'an inherited property, which is not read',
  accepted: 'a property of the object itself',
} as const;

type Fields<Entries extends v.ObjectEntries> = {
  readonly [Key in keyof Entries]:
    v.InferOutput<Entries[Key]> | (Entries[Key] extends { readonly type: 'exact_optional' } ? undefined : never);
};

/**
 * A schema for objects of these entries, lists excluded. Own properties alone are read: what somebody put on `Object.prototype` counts as
 * missing, what comes from any other prototype is a problem, as is every unknown key.
 *
 * The output has no prototype, and every known key as a property of its own, undefined where it is missing: neither reading, destructuring
 * nor spreading it reaches `Object.prototype`.
 */
export function strictObject<const Entries extends v.ObjectEntries>(
  entries: Entries,
  message: v.ErrorMessage<v.CustomIssue>,
): v.GenericSchema<unknown, Fields<Entries>> {
  const known = Object.keys(entries);
  return v.pipe(
    v.custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      message,
    ),
    v.rawTransform(({ dataset: { value: given }, addIssue }): Fields<Entries> => {
      const output = Object.create(null) as Record<string, unknown>;
      const refuse = (key: string, { input, received, message: accepted, path }: Refusal): void => {
        const place = { type: 'object', origin: 'value', input: given, key, value: input } as const;
        addIssue({ input, received, message: accepted, path: [place, ...(path ?? [])] });
      };
      const inherited = inheritedNames(given, known);
      for (const [key, entry] of Object.entries(entries)) {
        const result = inherited.includes(key) ? undefined : fieldOf(given, key, entry);
        result?.issues?.forEach((issue) => refuse(key, issue));
        output[key] = result?.output;
      }
      const unknown = Object.keys(given).filter((key) => !known.includes(key));
      for (const key of [...unknown, ...inherited]) {
        const { received, accepted } = keyProblem(key, known);
        refuse(key, { input: undefined, received, message: accepted });
      }
      return output as Fields<Entries>;
    }),
  );
}

/** The words about a key that is unknown or inherited. */
export function keyProblem(key: string, known: readonly string[]): typeof UNKNOWN_KEY | typeof INHERITED_KEY {
  return known.includes(key) ? INHERITED_KEY : UNKNOWN_KEY;
}

type Refusal = Pick<v.BaseIssue<unknown>, 'input' | 'received' | 'message' | 'path'>;

/** A missing entry is refused in its own words. */
function fieldOf(
  given: Readonly<Record<string, unknown>>,
  key: string,
  entry: v.ObjectEntries[string],
): v.SafeParseResult<v.GenericSchema> | undefined {
  const isGiven = Object.hasOwn(given, key);
  return !isGiven && entry.type === 'exact_optional' ? undefined : v.safeParse(entry, isGiven ? given[key] : undefined);
}
