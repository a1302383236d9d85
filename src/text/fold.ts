import wrapAnsi from 'wrap-ansi';
import stringWidth from 'string-width';

const LEAST_TEXT = 20;

/** The columns that a text takes on a terminal: wide characters take two, colours and combining marks none. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/**
 * Breaks every line that is wider than the terminal between its words, or within a word that is wider than it all. What follows stands two
 * columns further in than the line itself. @param columns @default any number
 */
export function fold(text: string, columns: number | undefined): string {
  return columns === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => foldLine(line, columns))
        .join('\n');
}

/** @param indent the columns that the lines after the first one begin with @default two more than the first one */
export function foldLine(line: string, columns: number, indent?: number): string[] {
  if (displayWidth(line) <= columns) {
    return [line];
  }
  const own = line.search(/[^ ]|$/);
  const further = Math.min(indent ?? own + 2, Math.max(0, columns - LEAST_TEXT));
  return wrapped(line.slice(own), columns - further).map(
    (part, index) => `${' '.repeat(index === 0 ? Math.min(own, further) : further)}${part}`,
  );
}

/** The lines of a text that may be so wide. */
export function wrapped(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(1, width), { hard: true }).split('\n');
}
