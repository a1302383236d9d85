/** Select Graphic Rendition codes of ECMA-48: on and off. */
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

/** The name of a way to set text apart. */
export type PaintStyle = keyof typeof CODES;

/** Sets text apart on a terminal; gives it back unchanged anywhere else. */
export type Paint = (style: PaintStyle, text: string) => string;

/** Paint for a stream: in colour on a terminal, plain in a pipe, with `NO_COLOR` or on a dumb terminal. */
export function paintFor(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isColoured = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return isColoured ? ansi : (_style, text) => text;
}

function ansi(style: PaintStyle, text: string): string {
  const [on, off] = CODES[style];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** How each status is set apart. */
export const STATUS_STYLE = {
  succeeded: 'green',
  partial: 'yellow',
  failed: 'red',
  skipped: 'dim',
  stopped: 'yellow',
} as const satisfies Readonly<Record<string, PaintStyle>>;

/** How each status of a recorded run is set apart. */
export const RUN_STATUS_STYLE = {
  ...STATUS_STYLE,
  running: 'bold',
  lost: 'red',
} as const satisfies Readonly<Record<string, PaintStyle>>;
