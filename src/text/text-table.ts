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

/** A heading and two columns, as commander writes its own lists. */
export function helpSection(heading: string, entries: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return ['', `${heading}:`, ...entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n');
}
