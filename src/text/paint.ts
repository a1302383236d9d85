import { styleText } from 'node:util';

/** The name of a way to set text apart. */
export type PaintStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Sets text apart on a terminal, and knows how wide that is; gives it back unchanged anywhere else. */
export interface Paint {
  (style: PaintStyle, text: string): string;
  /** The columns that a line may have. @default any number, as in a pipe */
  readonly columns?: number;
}

/** Where text is written to. */
type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Of a terminal that does not tell its own. */
const USUAL_COLUMNS = 80;

/** Paint for a stream: in colour and as wide as it is on a terminal, plain and of any width in a pipe. */
export function paintFor(stream: Screen, env: Readonly<Record<string, string | undefined>>): Paint {
  const paint = isColoured(stream, env) ? inColour : (_style: PaintStyle, text: string): string => text;
  const columns = columnsOf(stream);
  return Object.assign(
    (style: PaintStyle, text: string): string => paint(style, text),
    columns === undefined ? {} : { columns },
  );
}

/** The width of a terminal; undefined for anything else. */
export function columnsOf({ isTTY, columns }: Screen): number | undefined {
  return isTTY === true ? columns || USUAL_COLUMNS : undefined;
}

/** As Node decides it for its own output: `FORCE_COLOR` first, then `NODE_DISABLE_COLORS`, `NO_COLOR` and `TERM`. */
function isColoured({ isTTY }: Screen, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) {
    return ['', 'true', '1', '2', '3'].includes(forced);
  }
  const isDeclined = [env['NO_COLOR'], env['NODE_DISABLE_COLORS']].some((value) => (value ?? '') !== '');
  return isTTY === true && !isDeclined && env['TERM'] !== 'dumb';
}

/** Whether there is colour is decided by the stream that is written to, and not by that of the process. */
function inColour(style: PaintStyle, text: string): string {
  return styleText(style, text, { validateStream: false });
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
