/** A mapping of YAML in block style. An item of a list is a key of its own, with nothing below it. */
export type BlockMapping = ReadonlyMap<string, string | BlockMapping>;

interface OpenBlock {
  readonly indent: number;
  readonly entries: Map<string, string | BlockMapping>;
}

/**
 * Reads as much of YAML as pnpm and Yarn write into their lock files: nested mappings with a key a line. A value is its text, in flow style
 * too.
 *
 * @returns undefined when there is a line that is none of these
 */
export function parseBlockMapping(text: string): BlockMapping | undefined {
  const root: OpenBlock = { indent: -1, entries: new Map() };
  const open: OpenBlock[] = [root];
  for (const raw of inline(text).split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(raw) || raw === '---') {
      continue;
    }
    const indent = raw.search(/\S/);
    const item = /^ *- (.*)$/.exec(raw)?.[1];
    const [, key, value] = /^ *("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'{[&*!|>%@`?].*?):(?:\s+(.*))?$/.exec(raw) ?? [];
    // A list may stand as deep as the key that it belongs to.
    const depth = item === undefined ? indent : indent + 1;
    while ((open.at(-1) ?? root).indent >= depth) {
      open.pop();
    }
    const { entries } = open.at(-1) ?? root;
    if (item !== undefined) {
      entries.set(scalar(item), '');
    } else if (key === undefined) {
      return undefined;
    } else if (value === undefined || /^\s*(#.*)?$/.test(value)) {
      const below: OpenBlock = { indent, entries: new Map() };
      entries.set(scalar(key), below.entries);
      open.push(below);
    } else {
      entries.set(scalar(key), scalar(value));
    }
  }
  return root.entries;
}

/** The mapping below a key; empty when there is none. */
export function blockAt(mapping: BlockMapping, key: string): BlockMapping {
  const found = mapping.get(key);
  return found === undefined || typeof found === 'string' ? new Map<string, string>() : found;
}

/** The texts of a mapping by their keys, without what is a mapping itself. */
export function textsIn(mapping: BlockMapping): readonly (readonly [string, string])[] {
  return [...mapping].flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []));
}

/** The text at a key; undefined when there is none. */
export function textAt(mapping: BlockMapping, key: string): string | undefined {
  const found = mapping.get(key);
  return typeof found === 'string' ? found : undefined;
}

/**
 * A long key is written as `? key`, and what belongs to it on the next line as `: value`. A text of several lines, as the note on a
 * deprecated package, stands below its key and is left out.
 */
function inline(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/^( *)\? (.*)\r?\n\1:( |\r?$)/gm, (_all, indent: string, key: string, gap: string) =>
      gap === ' ' ? `${indent}${key}:\n${indent}  ` : `${indent}${key}:`,
    )
    .replace(/^( *)([^\s#].*: )[|>][-+\d]*\r?(\n\1 +.*|\n\s*$)*/gm, '$1$2""');
}

function scalar(text: string): string {
  if (text.startsWith('"')) {
    try {
      return String(JSON.parse(text.trim()));
    } catch {
      return text;
    }
  }
  const quoted = /^'((?:[^']|'')*)'/.exec(text)?.[1];
  return quoted === undefined ? text.replace(/\s+#.*$/, '').trim() : quoted.replaceAll("''", "'");
}
