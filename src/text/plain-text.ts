/**
 * The same value with every text on one line, without what moves, hides or breaks text on a terminal: whoever may write to the database
 * chooses what stands in its records.
 */
export function inPlainText<Value>(value: Value): Value {
  return plain(value) as Value;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/\p{C}/gu, '');
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [String(plain(key)), plain(field)]));
}
