import { describe, expect, it } from '@jest/globals';
import { displayWidth, fold } from '../../src/text/fold.js';
import type { Paint } from '../../src/text/paint.js';
import { helpSection, type TableColumn, tableLines } from '../../src/text/text-table.js';

const paintOf = (columns?: number): Paint =>
  Object.assign((_style: unknown, text: string) => text, columns === undefined ? {} : { columns });

const COLUMNS: readonly TableColumn[] = [
  { title: 'name', align: 'left' },
  { title: 'n', align: 'right' },
  { title: 'status', align: 'left', isKept: true },
  { title: 'plan', align: 'left', isDetail: true },
  { title: 'what it did', align: 'left' },
];
const ROWS = [
  ['a', '100', 'succeeded', 'heap-walk', 'deleted 1,234 rows of seven tables'],
  ['longer', '', 'failed', 'index', '-'],
] as const;

describe('a table', () => {
  it('pads every cell to its column, numbers to the left, and is of any width in a pipe', () => {
    expect(tableLines(COLUMNS, ROWS, paintOf())).toEqual([
      'name      n  status     plan       what it did',
      'a       100  succeeded  heap-walk  deleted 1,234 rows of seven tables',
      'longer       failed     index      -',
    ]);
  });

  it('loses its details on a narrow terminal, and puts what else has no place below its row', () => {
    expect(tableLines(COLUMNS, ROWS, paintOf(40))).toEqual([
      'name      n  status',
      'a       100  succeeded',
      '    what it did: deleted 1,234 rows of',
      '    seven tables',
      'longer       failed',
    ]);
  });

  it('has empty cells where a row is short, and nothing below it for them', () => {
    expect(tableLines(COLUMNS, [...ROWS, ['short']], paintOf())).toHaveLength(4);
    expect(tableLines(COLUMNS, [...ROWS, ['short']], paintOf(40)).slice(4)).toEqual(['longer       failed', 'short']);
  });

  it('has no column in which no row has anything, but for the first', () => {
    expect(tableLines(COLUMNS, [['-', '-', '', 'index', '-']], paintOf())).toEqual(['name  plan', '-     index']);
  });

  it('takes the columns of wide characters, of emoji and of combining marks as a terminal does', () => {
    const rows = [
      ['登录尝试', '1'],
      ['👩‍💻 e\u0301', '22'],
    ];
    expect(tableLines(COLUMNS.slice(0, 2), rows, paintOf())).toEqual([
      'name       n',
      '登录尝试   1',
      '👩‍💻 e\u0301      22',
    ]);
  });

  it('has lines of one width, whatever its colours are', () => {
    const colourful: Paint = Object.assign((_style: unknown, text: string) => `\u001B[31m${text}\u001B[39m`, {});
    const styles = ['red', 'red'] as const;
    const [titles = '', row = ''] = tableLines(COLUMNS.slice(0, 3), ROWS, colourful, { column: 2, styles });
    expect(displayWidth(row)).toBe(displayWidth(titles) + 'succeeded'.length - 'status'.length);
  });
});

describe('a section of the help', () => {
  const entries = [
    ['--short', 'does one thing'],
    ['--longer', 'does one thing after another, until there is nothing left that could be done by it, and then ends'],
  ] as const;

  it('has two columns, and is as wide as 80 columns unless it is told otherwise', () => {
    expect(helpSection('Flags', entries)).toBe(
      [
        '',
        'Flags:',
        '  --short   does one thing',
        '  --longer  does one thing after another, until there is nothing left that could',
        '            be done by it, and then ends',
      ].join('\n'),
    );
    expect(helpSection('Flags', entries)).toBe(helpSection('Flags', entries, 80));
    expect(helpSection('Flags', entries, 120).split('\n')).toHaveLength(4);
  });
});

describe('a line that is wider than the terminal', () => {
  it('is broken between words, and goes on two columns further in', () => {
    expect(fold('  what to do: grant the right to somebody', 28)).toBe(
      '  what to do: grant the\n    right to somebody',
    );
  });

  it('is broken within a word that is wider than it all', () => {
    expect(
      fold(`a ${'登'.repeat(20)}`, 30)
        .split('\n')
        .map(displayWidth),
    ).toEqual([30, 14].map((width) => expect.closeTo(width, -1)));
  });

  it('stays as it is in a pipe', () => {
    expect(fold('x'.repeat(500), undefined)).toHaveLength(500);
  });
});
