import * as v from 'valibot';

/** The words of {@link strictObject} about a key that it does not know. */
export const UNKNOWN_KEY = { received: 'not an option', accepted: 'one of the documented names' } as const;

const unknownKey = v.pipe(
  v.unknown(),
  // The value of a key `__proto__` would become the prototype of the object that valibot builds.
  v.transform(() => undefined),
  v.rawCheck(({ addIssue }) => addIssue({ received: UNKNOWN_KEY.received, message: UNKNOWN_KEY.accepted })),
);

/**
 * A schema for objects of these entries, lists excluded. valibot's own stops at the first unknown key and sees some of them not at all;
 * this one lists them all, inherited ones too, and reports a missing entry in the words of that entry.
 */
export function strictObject<const Entries extends v.ObjectEntries>(
  entries: Entries,
  message: v.ErrorMessage<v.CustomIssue>,
): v.GenericSchema<unknown, v.InferOutput<v.ObjectSchema<Entries, undefined>>> {
  return v.pipe(
    v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), message),
    v.lazy((value) =>
      v.object<Entries, typeof missingEntry>({ ...entries, ...unknownKeys(value, entries) }, missingEntry),
    ),
  );

  function missingEntry({ path }: v.ObjectIssue): string {
    const entry = entries[String(path?.[0].key)] ?? v.never();
    return v.safeParse(entry, undefined).issues?.[0].message ?? '';
  }
}

function unknownKeys(value: unknown, entries: v.ObjectEntries): v.ObjectEntries {
  const keys: string[] = [];
  // Object.keys() would not see an inherited misspelling.
  for (const key in Object(value)) {
    if (!Object.hasOwn(entries, key)) {
      keys.push(key);
    }
  }
  return Object.fromEntries(keys.map((key) => [key, unknownKey]));
}
