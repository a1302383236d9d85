/**
 * Does `work` while the properties stand on `Object.prototype`, as a careless library would put them there; then takes them off again.
 *
 * @param enumerable false where `cron` reckons times: luxon, which it uses, walks objects by `for…in`, and `cron` loops for ever. @default true
 */
export async function onObjectPrototype<Result>(
  properties: Readonly<Record<string, unknown>>,
  work: () => Result | Promise<Result>,
  enumerable = true,
): Promise<Result> {
  const root: object = Object.prototype;
  try {
    for (const [name, value] of Object.entries(properties)) {
      Object.defineProperty(root, name, { value, enumerable, writable: true, configurable: true });
    }
    return await work();
  } finally {
    Object.keys(properties).forEach((name) => Reflect.deleteProperty(root, name));
  }
}
