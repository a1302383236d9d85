/** A copy without a prototype: a key that it lacks is undefined, whatever somebody put on `Object.prototype`. */
export function withoutPrototype<Value extends object>(value: Value): Value {
  return Object.assign(Object.create(null) as object, value);
}

/** Whether an object has a property of its own. Narrows a union as `in` does, which looks at `Object.prototype` too. */
export function hasOwn<Value extends object, Key extends string>(
  value: Value,
  key: Key,
): value is Extract<Value, Readonly<Record<Key, unknown>>> {
  return Object.hasOwn(value, key);
}

/**
 * The names that an object inherits and somebody meant something by: known ones, accessors, and what stands in a plain object that it was
 * made from. Methods are none, and nothing that stands on `Object.prototype` is: it says nothing about this object.
 */
export function inheritedNames(value: object, known: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (let source = prototypeOf(value); source !== null && !isObjectPrototype(source); source = prototypeOf(source)) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      const isMeant = known.includes(name) || property.enumerable === true || Object.hasOwn(property, 'get');
      if (isMeant && !Object.hasOwn(value, name)) {
        names.add(name);
      }
    }
  }
  return [...names];
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

/** That of another realm, such as a `vm` context, is another object. */
function isObjectPrototype(value: object): boolean {
  return prototypeOf(value) === null && Object.hasOwn(value, 'isPrototypeOf');
}
