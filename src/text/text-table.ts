import type { Paint, PaintStyle } from './paint.js';

/** A column of a table; numbers stand to the right. */
export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Pads the titles and every cell to the width of their column; the titles are the first row. */
export function padCells(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): [titles: string[], ...rows: string[][]] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) => Math.max(...[titles, ...rows].map((cells) => cells[index]?.length ?? 0)));
  const pad = (cells: readonly string[]): string[] =>
    widths.map((width, index) => {
      const cell = cells[index] ?? '';
      return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
  return [pad(titles), ...rows.map(pad)];
}

/** A table for people: bold titles, then a line a row. @param painted the style of each row's cell in one column */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  painted?: { readonly column: number; readonly styles: readonly PaintStyle[] },
): string[] {
  const [titles, ...padded] = padCells(columns, rows);
  const lineOf = (cells: readonly string[], row: number): string =>
    cells
      .map((cell, column) => {
        const text = column === columns.length - 1 ? cell.trimEnd() : cell;
        const style = column === painted?.column ? painted.styles[row] : undefined;
        return style === undefined ? text : paint(style, text);
      })
      .join('  ')
      .trimEnd();
  return [paint('bold', titles.join('  ').trimEnd()), ...padded.map(lineOf)];
}

/** A heading and two columns, as commander writes its own lists. */
export function helpSection(heading: string, entries: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return ['', `${heading}:`, ...entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n');
}
