/** Such as `Heap = class _Heap extends Base {`, `Service = class Service2 {` or `Cipher = Cipher_1 = class Cipher2 {`. */
const RENAMED_CLASS = /(?<![\w$])(\w+) ?= ?(?:\w+ ?= ?)?class (\w+)(?=[ {])/g;

/**
 * Gives classes the names of the source again. A class that is a variable has a name of its own for use inside it, which esbuild keeps
 * apart from that of the variable, though both mean the same; stack traces would show it.
 */
export function restoreClassNames(code) {
  const renamed = [...code.matchAll(RENAMED_CLASS)].filter(([, outside, inside]) => isVariationOf(outside, inside));
  return renamed.reduce((text, [, outside, inside]) => text.replaceAll(wholeName(inside), outside), code);
}

function isVariationOf(outside, inside) {
  return inside === `_${outside}` || (inside.startsWith(outside) && /^\d+$/.test(inside.slice(outside.length)));
}

function wholeName(name) {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g');
}
