/** Such as `Heap = class _Heap extends Base {`, `Service = class Service2 {` or `Cipher = Cipher_1 = class Cipher2 {`. */
const RENAMED_CLASS = /(?<![\w$])(\w+) ?= ?(?:\w+ ?= ?)?class (\w+)(?=[ {])/g;

/**
 * Gives classes the names of the source again. A class that is a variable has a name of its own for use inside it, which esbuild keeps
 * apart from that of the variable, though both mean the same; stack traces would show it.
 */
export function restoreClassNames(code) {
  const renamed = [...code.matchAll(RENAMED_CLASS)].filter(([, outside, inside]) => isVariationOf(outside, inside));
  return renamed.reduce((text, [, , inside]) => text.replaceAll(wholeName(inside), sourceName(inside)), code);
}

/** Of a class that a bundled package declares the variable may have a number, too: `CronTime2 = class _CronTime {`. */
function isVariationOf(outside, inside) {
  return inside !== sourceName(inside) && sourceName(inside) === sourceName(outside);
}

function sourceName(name) {
  return name.replace(/^_|\d+$/g, '');
}

function wholeName(name) {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g');
}
