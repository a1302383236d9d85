import { displayWidth, foldLine, wrapped } from './fold.js';
import type { Paint, PaintStyle } from './paint.js';

/** A column of a table; numbers stand to the right. */
export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** On a narrow terminal it goes, as it is a detail of little use there. @default it goes below its row */
  readonly isDetail?: boolean;
  /** On a narrow terminal it stays in its place. The first column always does. @default false */
  readonly isKept?: boolean;
}

const GAP = '  ';
const BELOW_INDENT = 4;

/** The position of each column in what the caller gave. */
interface ShownColumn extends TableColumn {
  readonly index: number;
  readonly width: number;
}

/**
 * A table for people: bold titles, then a line a row. A column in which no row has anything is left out. What a terminal has no place for
 * stands below its row, the widest column first, or is left out.
 *
 * @param painted the style of each row's cell in one column
 */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  painted?: { readonly column: number; readonly styles: readonly PaintStyle[] },
): string[] {
  const { shown, below } = fitted(shownColumns(columns, rows), paint.columns);
  const lineOf = (cells: readonly string[], style?: PaintStyle): string =>
    shown
      .map((column, place) => {
        const cell = cells[column.index] ?? '';
        const text = place === shown.length - 1 && column.align === 'left' ? cell : padded(cell, column);
        return style === undefined || column.index !== painted?.column ? text : paint(style, text);
      })
      .join(GAP)
      .trimEnd();
  return [
    paint('bold', lineOf(columns.map(({ title }) => title))),
    ...rows.flatMap((cells, row) => [lineOf(cells, painted?.styles[row]), ...belowLines(cells, below, paint)]),
  ];
}

function shownColumns(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): ShownColumn[] {
  return columns
    .map((column, index) => {
      const cells = rows.map((row) => row[index] ?? '');
      const isEmpty = rows.length > 0 && index > 0 && cells.every((cell) => cell === '' || cell === '-');
      return { ...column, index, isEmpty, width: Math.max(...[column.title, ...cells].map(displayWidth)) };
    })
    .filter(({ isEmpty }) => !isEmpty);
}

/** Takes the widest column out until the others fit: first of the details, then of those that need not be kept. */
function fitted(
  all: readonly ShownColumn[],
  available = Number.POSITIVE_INFINITY,
): { readonly shown: readonly ShownColumn[]; readonly below: readonly ShownColumn[] } {
  let shown = [...all];
  const below: ShownColumn[] = [];
  while (shown.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length) > available) {
    const movable = shown.filter(({ index, isKept }) => index > 0 && isKept !== true);
    const details = movable.filter(({ isDetail }) => isDetail === true);
    const candidates = details.length > 0 ? details : movable;
    const [widest] = candidates.toSorted((one, other) => other.width - one.width);
    if (widest === undefined) {
      break;
    }
    shown = shown.filter((column) => column !== widest);
    if (widest.isDetail !== true) {
      below.push(widest);
    }
  }
  return { shown, below: below.toSorted((one, other) => one.index - other.index) };
}

function belowLines(
  cells: readonly string[],
  below: readonly ShownColumn[],
  { columns = Number.POSITIVE_INFINITY }: Pick<Paint, 'columns'>,
): string[] {
  const parts = below
    .map(({ title, index }) => [title, cells[index] ?? ''] as const)
    .filter(([, cell]) => cell !== '' && cell !== '-')
    .map(([title, cell]) => `${title}: ${cell}`);
  const indent = ' '.repeat(BELOW_INDENT);
  return parts.length === 0 ? [] : foldLine(`${indent}${parts.join('; ')}`, columns, BELOW_INDENT);
}

function padded(cell: string, { align, width }: ShownColumn): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return align === 'right' ? `${padding}${cell}` : `${cell}${padding}`;
}

/** A heading and two columns, as commander writes its own lists. @param columns of the terminal @default 80, as commander takes it */
export function helpSection(
  heading: string,
  entries: readonly (readonly [name: string, text: string])[],
  columns = 80,
): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  const linesOf = ([name, text]: readonly [name: string, text: string]): string[] =>
    wrapped(text, columns - width - 4).map((line, index) => `  ${(index === 0 ? name : '').padEnd(width)}  ${line}`);
  return ['', `${heading}:`, ...entries.flatMap(linesOf)].join('\n');
}
