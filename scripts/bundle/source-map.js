import { decode, encode } from '@jridgewell/sourcemap-codec';

/**
 * Makes a source map small: it leads to the lines of the sources, not to places within them, and holds the text of this package's own
 * sources alone.
 */
export function linesOnly(text) {
  const map = JSON.parse(text);
  const mappings = encode(decode(map.mappings).map(withoutPlacesInLines));
  const sourcesContent = map.sources.map((source, index) =>
    source.includes('node_modules/') ? null : map.sourcesContent[index],
  );
  return JSON.stringify({ ...map, names: [], mappings, sourcesContent });
}

/** Of the segments [column, source, line, column, name] of a line, those that another line of a source begins with. */
function withoutPlacesInLines(segments) {
  const mapped = segments.filter(({ length }) => length > 1);
  const isFirst = ([, source, line], index) => mapped[index - 1]?.[1] !== source || mapped[index - 1]?.[2] !== line;
  return mapped.filter(isFirst).map(([column, source, line]) => [column, source, line, 0]);
}
