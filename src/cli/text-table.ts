/** A column of a table; numbers stand to the right. */
export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Pads the titles and every cell to the width of their column; the titles are the first row. */
export function padCells(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[][] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index]?.length ?? 0)));
  return lines.map((cells) =>
    columns.map(({ align }, index) => {
      const cell = cells[index] ?? '';
      const width = widths[index] ?? 0;
      return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    }),
  );
}
